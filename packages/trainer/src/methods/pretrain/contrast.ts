import { accuracy, crossEntropy, softCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';

/** The cosine of an embedding with itself is put out of the softmax by this. */
const excluded = -1e9;

/** A softmax's loss, and how often its largest score was the right one. */
export type Contrast = { loss: tf.Scalar; accuracy: tf.Scalar };

/**
 * The normalised temperature-scaled cross-entropy (Chen et al., A Simple Framework for Contrastive Learning of Visual Representations,
 * 2020, equation 1): each row of two views, both unit rows [batch, width], is to find the other view of its image among all 2·batch - 1
 * other rows. `accuracy` is how often that is the nearest.
 */
export function contrastViews(first: tf.Tensor2D, second: tf.Tensor2D, temperature: number): Contrast {
  const [batch] = first.shape;
  const rows = tf.concat([first, second], 0) as tf.Tensor2D;
  const places = tf.range(0, 2 * batch, 1, 'int32');
  const isSelf = tf.cast(tf.equal(tf.expandDims(places, 1), tf.expandDims(places, 0)), 'float32');
  const similarity = tf.div(tf.matMul(rows, rows, false, true), temperature);
  const logits = tf.add(similarity, tf.mul(isSelf, excluded)) as tf.Tensor2D;
  const partners = tf.mod(tf.add(places, tf.scalar(batch, 'int32')), tf.scalar(2 * batch, 'int32')) as tf.Tensor1D;
  return { loss: crossEntropy(logits, partners), accuracy: accuracy(logits, partners) };
}

/** InfoNCE with the other rows for negatives: each query is to find the key of its own row among all keys; both unit rows [batch, width]. */
export function contrastRows(queries: tf.Tensor2D, keys: tf.Tensor2D, temperature: number): Contrast {
  const logits = tf.div(tf.matMul(queries, keys, false, true), temperature) as tf.Tensor2D;
  const own = tf.range(0, queries.shape[0], 1, 'int32');
  return { loss: crossEntropy(logits, own), accuracy: accuracy(logits, own) };
}

/**
 * InfoNCE with a queue for negatives (He et al., Momentum contrast for unsupervised visual representation learning, 2020, equation 1):
 * each query is to find the key of its own row among that key and all of the queue [size, width]; all are unit rows.
 */
export function contrastQueue(
  { queries, keys, queue }: { queries: tf.Tensor2D; keys: tf.Tensor2D; queue: tf.Tensor2D },
  temperature: number,
): Contrast {
  const positive = tf.sum(tf.mul(queries, keys), 1, true);
  const negatives = tf.matMul(queries, queue, false, true);
  const logits = tf.div(tf.concat([positive, negatives], 1), temperature) as tf.Tensor2D;
  const first = tf.zeros([queries.shape[0]], 'int32') as tf.Tensor1D;
  return { loss: crossEntropy(logits, first), accuracy: accuracy(logits, first) };
}

/**
 * Supervised contrast (Khosla et al., 2020, equation 2): each row of two views is to find, among all 2·batch - 1 other rows, all those
 * of its label; the loss is the mean of their cross-entropies. Both views are unit rows [batch, width], labels int32 [batch].
 */
export function contrastLabels(
  [first, second]: readonly [tf.Tensor2D, tf.Tensor2D],
  labels: tf.Tensor1D,
  temperature: number,
): Contrast {
  const rows = tf.concat([first, second], 0) as tf.Tensor2D;
  const count = 2 * first.shape[0];
  const ofRows = tf.concat([labels, labels], 0);
  const isSelf = tf.eye(count);
  const isAlike = tf.cast(tf.equal(tf.expandDims(ofRows, 1), tf.expandDims(ofRows, 0)), 'float32');
  const positives = tf.sub(isAlike, isSelf);
  const similarity = tf.div(tf.matMul(rows, rows, false, true), temperature);
  const logits = tf.add(similarity, tf.mul(isSelf, excluded)) as tf.Tensor2D;
  const shares = tf.div(positives, tf.sum(positives, 1, true)) as tf.Tensor2D;
  const nearest = tf.oneHot(tf.argMax(logits, 1), count);
  return { loss: softCrossEntropy(logits, shares), accuracy: tf.mean(tf.sum(tf.mul(nearest, positives), 1)) };
}
