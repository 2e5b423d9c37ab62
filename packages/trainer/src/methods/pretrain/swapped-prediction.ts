import { softCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';

/**
 * The mean cross-entropy, over every pair of a target and a view other than its own, of the view's logits [batch, class] against the
 * target's shares: target i is of view i (equation 1 of SwAV; equation 2 of DINO).
 */
export function swappedLoss(logits: readonly tf.Tensor2D[], targets: readonly tf.Tensor2D[]): tf.Scalar {
  const pairs = targets.flatMap((target, own) => {
    return logits.flatMap((view, index) => (index === own ? [] : [softCrossEntropy(view, target)]));
  });
  return tf.div(tf.addN(pairs), pairs.length);
}
