import type * as tf from '@tensorflow/tfjs-core';
import type { Backbone } from '../models/define-backbone.ts';
import type { EvaluatedBatch, Evaluator } from './define-evaluator.ts';
import { effectiveRank } from './effective-rank.ts';
import { featureSpread } from './feature-spread.ts';
import { alignment, uniformity } from './hypersphere.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { classifierAccuracy, logisticRegression } from './logistic-regression.ts';
import { nearestNeighbourAccuracy } from './nearest-neighbours.ts';

/** Of a larger labelled split, the first so many examples are compared with. */
const referenceExamples = 10_000;

/** Views cost a pass each: only one example in so many is looked at twice. */
const viewedOneIn = 10;

/**
 * How much of the classes the backbone's features hold, by labels that training never sees, and how the features lie, for which no label
 * is needed.
 * - `knnAccuracy`: of a weighted vote of the nearest training examples (Wu et al., Unsupervised Feature Learning via Non-Parametric
 *   Instance Discrimination, 2018; k = 200 and temperature 0.1 as there)
 * - `probeAccuracy`: of a linear classifier that is fitted to the training examples' features, see `logisticRegression`
 * - `featureSpread`, `effectiveRank`, `alignment`, `uniformity`: see the functions of these names
 */
export function representationEvaluator(backbone: Backbone): Evaluator {
  const { featureCount: width } = backbone;
  return {
    referenceExamples,
    features: { output: 'features', width },
    compute(forward, images, viewsOfFirst) {
      const [first, second] = viewsOfFirst(Math.ceil(images.shape[0] / viewedOneIn));
      const features = (of: tf.Tensor4D) => backbone.features(forward, of);
      return { features: features(images), firstView: features(first), secondView: features(second) };
    },
    start(classCount) {
      const reference: EvaluatedBatch[] = [];
      const examples: EvaluatedBatch[] = [];
      return {
        addReference: (batch) => void reference.push(batch),
        add: (batch) => void examples.push(batch),
        scores() {
          const asked = collect(examples, 'features', width);
          const [firstView, secondView] = [collect(examples, 'firstView', width), collect(examples, 'secondView', width)];
          return {
            ...labelScores(collect(reference, 'features', width), asked, classCount),
            featureSpread: featureSpread(asked),
            effectiveRank: effectiveRank(asked),
            alignment: alignment(firstView, secondView),
            uniformity: uniformity(asked),
          };
        },
      };
    },
  };
}

/** Empty where there are no labels to compare with, or none to compare. */
function labelScores(reference: LabelledFeatures, asked: LabelledFeatures, classCount: number): Record<string, number> {
  if (classCount < 2 || reference.labels.length === 0 || asked.labels.includes(-1)) return {};
  return {
    knnAccuracy: nearestNeighbourAccuracy(reference, asked, { neighbours: 200, temperature: 0.1, classCount }),
    probeAccuracy: classifierAccuracy(logisticRegression(reference, { classCount }), asked),
  };
}

/** The rows of one output of all batches, with their labels: an output may hold rows of a batch's first examples only. */
function collect(batches: readonly EvaluatedBatch[], output: string, width: number): LabelledFeatures {
  const parts = batches.map(({ outputs }) => outputs[output] ?? new Float32Array());
  const features = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  const labels = new Int32Array(features.length / width);
  let [start, row] = [0, 0];
  for (const [index, part] of parts.entries()) {
    features.set(part, start);
    labels.set(batches[index]?.labels.subarray(0, part.length / width) ?? [], row);
    start += part.length;
    row += part.length / width;
  }
  return { features, labels, width };
}
