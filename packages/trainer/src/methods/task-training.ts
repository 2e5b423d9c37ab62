import { linear } from '../models/layers.ts';
import type { HeadFunction } from '../tasks/define-task.ts';
import type { Method, MethodContext } from './define-method.ts';

/** A linear head on the backbone's features, trained as the task says; `freezeBackbone` trains the head alone. */
export function taskTraining(
  { backbone, task }: MethodContext,
  { freezeBackbone }: { freezeBackbone: boolean },
): Method & Required<Pick<Method, 'head'>> {
  const layer = linear('head', { in: backbone.featureCount, out: task.headWidth });
  const headNames = new Set(layer.parameters.map(({ name }) => name));
  const head: HeadFunction = (forward, images) => {
    // A frozen backbone runs as it does in evaluation: no dropout, running statistics left alone.
    const features = backbone.features(freezeBackbone ? { ...forward, training: false } : forward, images);
    return layer.apply(forward, features);
  };
  return {
    parameters: layer.parameters,
    isTrainable: (name) => !freezeBackbone || headNames.has(name),
    head,
    evaluator: task.evaluator(head),
    step(forward, batch) {
      const scores = head(forward, batch.images);
      return { ...task.score(scores, batch), scores };
    },
  };
}
