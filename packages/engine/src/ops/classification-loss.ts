import * as tf from '@tensorflow/tfjs-core';

/** Mean cross-entropy of logits [batch, class] against labels int32 [batch]. Gradient: (softmax - oneHot) / batch. */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const [batch, classes] = logits.shape;
  const target = tf.cast(tf.oneHot(labels, classes), 'float32');
  return tf.neg(tf.div(tf.sum(tf.mul(target, tf.logSoftmax(logits))), batch)) as tf.Scalar;
}

/** Share of examples whose largest logit is their label. */
export function accuracy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')) as tf.Scalar;
}
