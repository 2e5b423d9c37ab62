import { crossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ExampleBatch, ExampleSet } from './examples.ts';
import { breathe } from './stop-signal.ts';

/** Over the examples of a batch: the sum of their cross-entropies, and how many are classified right. */
export type ClassificationSums = { loss: number; correct: number };

const evaluationBatch = 250;

/** Every size that a batch of an evaluation of that many examples has. */
export function evaluationSizes(examples: number): number[] {
  const sizes = [Math.min(evaluationBatch, examples), examples % evaluationBatch];
  return [...new Set(sizes.filter((size) => size > 0))];
}

/** logits [batch, class], labels int32 [batch] → scalars. */
export function classificationSums(
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
): Readonly<Record<keyof ClassificationSums, tf.Scalar>> {
  return {
    loss: tf.mul(crossEntropy(logits, labels), labels.size),
    correct: tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')),
  };
}

/** Mean cross-entropy and accuracy over a set. `isStopped` ends it early: null. */
export async function evaluateClassification(
  examples: ExampleSet,
  evaluate: (batch: ExampleBatch) => ClassificationSums,
  isStopped: () => boolean,
): Promise<{ loss: number; accuracy: number } | null> {
  let [loss, correct] = [0, 0];
  for (let start = 0; start < examples.length; start += evaluationBatch) {
    await breathe();
    if (isStopped()) return null;
    const size = Math.min(evaluationBatch, examples.length - start);
    const sums = evaluate(await examples.read(Array.from({ length: size }, (_, i) => start + i)));
    loss += sums.loss;
    correct += sums.correct;
  }
  return { loss: loss / examples.length, accuracy: correct / examples.length };
}
