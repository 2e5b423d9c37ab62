import { softCrossEntropy } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { StepResult } from '../define-method.ts';
import { withoutGradient } from '../pretrain/without-gradient.ts';

/**
 * What unlabelled examples are to be learnt as [row, class]: in each row the class that the network gives the example holds how much that
 * counts, 0 to 1, the others hold 0. No gradient comes through it.
 */
export type PseudoLabels = tf.Tensor2D;

/** The likeliest class of each row of scores [row, class] before softmax, each counting by the weight [row] that `weigh` finds for their probabilities. */
export function pseudoLabels(scores: tf.Tensor2D, weigh: (probabilities: tf.Tensor2D) => tf.Tensor1D): PseudoLabels {
  return withoutGradient(scores, (constant) => {
    const oneHot = tf.cast(tf.oneHot(tf.argMax(constant, 1), constant.shape[1]), 'float32');
    const weights = weigh(tf.softmax(constant));
    return tf.mul(oneHot, tf.reshape(weights, [weights.size, 1])) as tf.Tensor2D;
  });
}

/** Those that count whose probability reaches the threshold. */
export function confidentLabels(scores: tf.Tensor2D, threshold: number): PseudoLabels {
  return pseudoLabels(scores, (probabilities) => tf.cast(tf.greaterEqual(tf.max(probabilities, 1), threshold), 'float32'));
}

/** Mean over all rows of what a label counts times cross-entropy. */
export function pseudoLabelLoss(scores: tf.Tensor2D, pseudo: PseudoLabels): tf.Scalar {
  return softCrossEntropy(scores, pseudo);
}

/** More would be too many series of numbers to look at. */
const reportedClasses = 100;

/**
 * How much of the rows counts, as shares of all, so that they can be averaged over steps: in all, as each class, and, where the truth
 * (int32 [row], -1 where it is not known) says so, rightly and wrongly.
 */
function pseudoLabelMetrics(pseudo: PseudoLabels, truth: tf.Tensor1D, classNames: readonly string[]): Record<string, tf.Scalar> {
  const [rows, classes] = pseudo.shape;
  const share = (values: tf.Tensor) => tf.div(tf.sum(values), rows) as tf.Scalar;
  const isKnown = tf.cast(tf.greaterEqual(truth, 0), 'float32');
  const right = tf.mul(pseudo, tf.cast(tf.oneHot(truth, classes), 'float32'));
  const acceptedRight = share(right);
  const reported = classNames.length <= reportedClasses ? classNames : [];
  const ofClass = (label: number) => share(tf.slice(pseudo, [0, label], [rows, 1]));
  return {
    accepted: share(pseudo),
    acceptedRight,
    acceptedWrong: tf.sub(share(tf.mul(tf.sum(pseudo, 1), isKnown)), acceptedRight),
    ...Object.fromEntries(reported.map((name, label) => [`accepted.${name}`, ofClass(label)] as const)),
  };
}

/** A step on labelled examples, taken on by `weight` times the loss of unlabelled ones, whose `truth` is only told beside it. */
export function withPseudoLabels(
  { loss, metrics }: StepResult,
  unlabelled: {
    scores: tf.Tensor2D;
    pseudo: PseudoLabels;
    truth: tf.Tensor1D;
    weight: number | tf.Scalar;
    classNames: readonly string[];
  },
): StepResult {
  const { scores, pseudo, truth, weight, classNames } = unlabelled;
  const unlabelledLoss = pseudoLabelLoss(scores, pseudo);
  return {
    loss: tf.add(loss, tf.mul(weight, unlabelledLoss)),
    metrics: { ...metrics, unlabelledLoss, ...pseudoLabelMetrics(pseudo, truth, classNames) },
  };
}
