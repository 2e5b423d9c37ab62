import { accuracy, crossEntropy } from '@scion/engine/ops';
import type * as tf from '@tensorflow/tfjs-core';
import { linear } from '../models/layers.ts';
import type { Forward } from '../parameters.ts';
import type { Method, MethodContext } from './define-method.ts';

/** A linear head on the backbone's features, trained with cross-entropy; `freezeBackbone` trains the head alone. */
export function classification({ backbone, classNames }: MethodContext, { freezeBackbone }: { freezeBackbone: boolean }): Method {
  const head = linear('head', { in: backbone.featureCount, out: classNames.length });
  const headNames = new Set(head.parameters.map(({ name }) => name));
  const logits = (forward: Forward, images: tf.Tensor4D) => {
    // A frozen backbone runs as it does in evaluation: no dropout, running statistics left alone.
    const features = backbone.features(freezeBackbone ? { ...forward, training: false } : forward, images);
    return head.apply(forward, features);
  };
  return {
    parameters: head.parameters,
    isTrainable: (name) => !freezeBackbone || headNames.has(name),
    logits,
    step(forward, { images, labels }) {
      const scores = logits(forward, images);
      return { loss: crossEntropy(scores, labels), metrics: { accuracy: accuracy(scores, labels) } };
    },
  };
}
