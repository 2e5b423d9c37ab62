import { computeValues, crossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { evaluateLogits, type Network } from '../network.ts';
import type { ExampleSet } from './examples.ts';
import { breathe } from './stop-signal.ts';

const evaluationBatch = 250;

/** Mean cross-entropy and accuracy over a set, without augmentation. `stopped` ends it early: null. */
export async function evaluateClassification(
  network: Network,
  examples: ExampleSet,
  isStopped: () => boolean,
): Promise<{ loss: number; accuracy: number } | null> {
  let loss = 0;
  let correct = 0;
  for (let start = 0; start < examples.length; start += evaluationBatch) {
    await breathe();
    if (isStopped()) return null;
    const size = Math.min(evaluationBatch, examples.length - start);
    const batch = await examples.read(Array.from({ length: size }, (_, i) => start + i));
    const sums = computeValues(() => {
      const logits = evaluateLogits(network, batch.images);
      const hits = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), batch.labels), 'float32'));
      return tf.stack([tf.mul(crossEntropy(logits, batch.labels), size), hits]);
    });
    tf.dispose([batch.images, batch.labels]);
    loss += sums[0] ?? Number.NaN;
    correct += sums[1] ?? Number.NaN;
  }
  return { loss: loss / examples.length, accuracy: correct / examples.length };
}
