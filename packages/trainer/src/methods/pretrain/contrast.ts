import { accuracy, crossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';

/** The cosine of an embedding with itself is put out of the softmax by this. */
const excluded = -1e9;

/**
 * The normalised temperature-scaled cross-entropy (Chen et al., A Simple Framework for Contrastive Learning of Visual Representations,
 * 2020, equation 1): each row of two views, both unit rows [batch, width], is to find the other view of its image among all 2·batch - 1
 * other rows. `accuracy` is how often that is the nearest.
 */
export function contrastViews(
  first: tf.Tensor2D,
  second: tf.Tensor2D,
  temperature: number,
): { loss: tf.Scalar; accuracy: tf.Scalar } {
  const [batch] = first.shape;
  const rows = tf.concat([first, second], 0) as tf.Tensor2D;
  const places = tf.range(0, 2 * batch, 1, 'int32');
  const isSelf = tf.cast(tf.equal(tf.expandDims(places, 1), tf.expandDims(places, 0)), 'float32');
  const similarity = tf.div(tf.matMul(rows, rows, false, true), temperature);
  const logits = tf.add(similarity, tf.mul(isSelf, excluded)) as tf.Tensor2D;
  const partners = tf.mod(tf.add(places, tf.scalar(batch, 'int32')), tf.scalar(2 * batch, 'int32')) as tf.Tensor1D;
  return { loss: crossEntropy(logits, partners), accuracy: accuracy(logits, partners) };
}
