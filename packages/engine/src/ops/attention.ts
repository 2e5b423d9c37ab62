import * as tf from '@tensorflow/tfjs-core';

/**
 * Softmax(q · kᵀ / √size) · v of each head (Vaswani et al., 2017). `qkv` is [batch, token, 3 · heads · size]: queries, keys and values
 * side by side, each head after head, as timm's one product gives them. → [batch, token, heads · size]
 */
export function selfAttention(qkv: tf.Tensor3D, heads: number): tf.Tensor3D {
  const [batch, tokens, width] = qkv.shape;
  const size = width / (3 * heads);
  const parts = tf.unstack(tf.transpose(tf.reshape(qkv, [batch, tokens, 3, heads, size]), [2, 0, 3, 1, 4]));
  const [query, key, value] = parts as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const scores = tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key, false, true);
  const mixed = tf.matMul(tf.softmax(scores), value);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, heads * size]);
}
