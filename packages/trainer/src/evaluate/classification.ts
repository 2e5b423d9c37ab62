import type * as tf from '@tensorflow/tfjs-core';
import type { Forward } from '../parameters.ts';
import type { EvaluatedBatch, Evaluator } from './define-evaluator.ts';

/** Mean cross-entropy (nats) and accuracy of class scores [batch, class]. */
export function classificationEvaluator(logits: (forward: Forward, images: tf.Tensor4D) => tf.Tensor2D): Evaluator {
  return {
    referenceExamples: 0,
    compute: (forward, images) => ({ logits: logits(forward, images) }),
    start(classCount) {
      let [examples, loss, correct] = [0, 0, 0];
      return {
        addReference: () => undefined,
        add({ outputs: { logits: scores = new Float32Array() }, labels }: EvaluatedBatch) {
          for (const [example, label] of labels.entries()) {
            const row = scores.subarray(example * classCount, (example + 1) * classCount);
            const best = indexOfLargest(row);
            loss += logSumExp(row) - (row[label] ?? Number.NaN);
            correct += best === label ? 1 : 0;
          }
          examples += labels.length;
        },
        scores: () => ({ loss: loss / examples, accuracy: correct / examples }),
      };
    },
  };
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  return best;
}

/** log Σ exp(x), without overflow. */
function logSumExp(values: Float32Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
