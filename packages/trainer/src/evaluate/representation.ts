import type { Backbone } from '../models/define-backbone.ts';
import type { EvaluatedBatch, Evaluator } from './define-evaluator.ts';
import { featureSpread } from './feature-spread.ts';
import { type LabelledFeatures, nearestNeighbourAccuracy } from './nearest-neighbours.ts';

/** Of a larger labelled split, the first so many examples are compared with. */
const referenceExamples = 10_000;

/**
 * How much of the classes the backbone's features hold, by labels that training never sees: the accuracy of a weighted vote of the
 * nearest training examples (Wu et al., Unsupervised Feature Learning via Non-Parametric Instance Discrimination, 2018; k = 200 and
 * temperature 0.1 as there), and how far the features spread, which falls to 0 where they collapse.
 */
export function representationEvaluator(backbone: Backbone): Evaluator {
  return {
    referenceExamples,
    compute: (forward, images) => ({ features: backbone.features(forward, images) }),
    start(classCount) {
      const reference = createCollection(backbone.featureCount);
      const examples = createCollection(backbone.featureCount);
      return {
        addReference: reference.add,
        add: examples.add,
        scores() {
          const [known, asked] = [reference.all(), examples.all()];
          const knnAccuracy = nearestNeighbourAccuracy(known, asked, { neighbours: 200, temperature: 0.1, classCount });
          return { knnAccuracy, featureSpread: featureSpread(asked) };
        },
      };
    },
  };
}

function createCollection(width: number) {
  const batches: EvaluatedBatch[] = [];
  return {
    add: (batch: EvaluatedBatch) => void batches.push(batch),
    all(): LabelledFeatures {
      const count = batches.reduce((sum, { labels }) => sum + labels.length, 0);
      const [features, labels] = [new Float32Array(count * width), new Int32Array(count)];
      let start = 0;
      for (const batch of batches) {
        features.set(batch.outputs['features'] ?? [], start * width);
        labels.set(batch.labels, start);
        start += batch.labels.length;
      }
      return { features, labels, width };
    },
  };
}
