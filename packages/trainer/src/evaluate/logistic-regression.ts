import { accuracy, computeValues, crossEntropy, philoxPermutation } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type LabelledFeatures, rowsAt } from './labelled-features.ts';
import { minimize } from './lbfgs.ts';

export type LogisticRegressionOptions = {
  classCount: number;
  /**
   * λ of the objective. `auto` takes the best of `lambdas` on a fifth of the examples that is held out, then fits all of them; with so few
   * that a fifth would not hold each class once, it takes `lambdaOfFew`.
   */
  lambda?: number | 'auto';
};

/** A linear classifier of features as they come: standardisation is folded in. */
export type LinearClassifier = {
  /** [width, class] */
  weights: Float32Array;
  /** [class] */
  biases: Float32Array;
  lambda: number;
  iterations: number;
};

/** From strong to weak, each fit starting from the one before. */
const lambdas = [1, 0.1, 0.01, 0.001, 0.0001];
const lambdaOfFew = 0.01;
const heldOutShare = 1 / 5;
const stopping = { maxIterations: 200, tolerance: 1e-5 };

/**
 * Multinomial logistic regression on standardised features: the minimum of mean cross-entropy + λ/2 · ‖W‖², biases not penalised, by
 * L-BFGS. scikit-learn's `C` is 1 / (λ · examples). The same examples give the same numbers.
 */
export function logisticRegression(
  examples: LabelledFeatures,
  { classCount, lambda = 'auto' }: LogisticRegressionOptions,
): LinearClassifier {
  const chosen = lambda === 'auto' ? chooseLambda(examples, classCount) : lambda;
  return withProblem(examples, classCount, (problem) => problem.fit(chosen, problem.zero()).classifier);
}

/** Share of the examples whose label a classifier gives. */
export function classifierAccuracy(classifier: LinearClassifier, examples: LabelledFeatures): number {
  return scoreWith(classifier, examples, accuracy);
}

function scoreWith(
  { weights, biases }: LinearClassifier,
  { features, labels, width }: LabelledFeatures,
  score: (logits: tf.Tensor2D, labels: tf.Tensor1D) => tf.Scalar,
): number {
  const classCount = biases.length;
  const [value = Number.NaN] = computeValues(() => {
    const product = tf.matMul(tf.tensor2d(features, [labels.length, width]), tf.tensor2d(weights, [width, classCount]));
    return score(tf.add(product, tf.tensor1d(biases)), tf.tensor1d(labels, 'int32'));
  });
  return value;
}

function chooseLambda(examples: LabelledFeatures, classCount: number): number {
  const count = examples.labels.length;
  const heldOut = Math.floor(count * heldOutShare);
  if (heldOut < classCount) return lambdaOfFew;
  const order = philoxPermutation(count, 0, 0);
  const [held, fitted] = [rowsAt(examples, order.subarray(0, heldOut)), rowsAt(examples, order.subarray(heldOut))];
  return withProblem(fitted, classCount, (problem) => {
    let point = problem.zero();
    const losses = lambdas.map((lambda) => {
      const fit = problem.fit(lambda, point);
      point = fit.point;
      return scoreWith(fit.classifier, held, crossEntropy);
    });
    return lambdas[losses.indexOf(Math.min(...losses))] ?? lambdaOfFew;
  });
}

type Problem = {
  zero(): Float64Array;
  /** The minimum for a λ; `point` is where the search begins and ends, in standardised features. */
  fit(lambda: number, point: Float64Array): { point: Float64Array; classifier: LinearClassifier };
};

/** Holds the standardised features on the device for as long as `use` takes. */
function withProblem<Result>(examples: LabelledFeatures, classCount: number, use: (problem: Problem) => Result): Result {
  const { width, labels } = examples;
  const size = width * classCount;
  const scaling = standardization(examples);
  const rows = standardized(examples, scaling);
  const targets = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classCount), 'float32') as tf.Tensor2D);
  const evaluate = (point: Float64Array, lambda: number) => {
    const [value = Number.NaN, ...rest] = computeValues(() =>
      lossAndGradient({ rows, targets, lambda }, Float32Array.from(point)),
    );
    return { value, gradient: Float64Array.from(rest) };
  };
  try {
    return use({
      zero: () => new Float64Array(size + classCount),
      fit(lambda, start) {
        const { point, iterations } = minimize(start, (at) => evaluate(at, lambda), stopping);
        return { point, classifier: { ...unscaled(point, scaling, classCount), lambda, iterations } };
      },
    });
  } finally {
    tf.dispose([rows, targets]);
  }
}

/** [1 + width · class + class]: the objective, then its gradient by weights [width, class] and biases. */
function lossAndGradient(
  { rows, targets, lambda }: { rows: tf.Tensor2D; targets: tf.Tensor2D; lambda: number },
  point: Float32Array,
): tf.Tensor {
  const [[count, width], [, classCount]] = [rows.shape, targets.shape];
  const weights = tf.tensor2d(point.subarray(0, width * classCount), [width, classCount]);
  const logits = tf.add(tf.matMul(rows, weights), tf.tensor1d(point.subarray(width * classCount))) as tf.Tensor2D;
  const logarithms = tf.logSoftmax(logits);
  const fit = tf.div(tf.neg(tf.sum(tf.mul(targets, logarithms))), count);
  const penalty = tf.mul(tf.sum(tf.square(weights)), lambda / 2);
  const excess = tf.div(tf.sub(tf.exp(logarithms), targets), count) as tf.Tensor2D;
  const byWeights = tf.add(tf.matMul(rows, excess, true), tf.mul(weights, lambda));
  return tf.concat([
    tf.reshape(tf.add(fit, penalty), [1]),
    tf.reshape(byWeights, [-1]) as tf.Tensor1D,
    tf.sum(excess, 0) as tf.Tensor1D,
  ]);
}

type Scaling = { means: Float64Array; deviations: Float64Array };

/** A feature that is the same in all examples is left at its scale. */
function standardization({ features, labels: { length: count }, width }: LabelledFeatures): Scaling {
  const means = new Float64Array(width);
  const squares = new Float64Array(width);
  for (const [i, value] of features.entries()) means[i % width] = (means[i % width] ?? 0) + value / count;
  for (const [i, value] of features.entries()) {
    squares[i % width] = (squares[i % width] ?? 0) + (value - (means[i % width] ?? 0)) ** 2 / count;
  }
  return { means, deviations: squares.map((variance) => Math.sqrt(variance) || 1) };
}

function standardized({ features, labels, width }: LabelledFeatures, { means, deviations }: Scaling): tf.Tensor2D {
  const values = features.map((value, i) => (value - (means[i % width] ?? 0)) / (deviations[i % width] ?? 1));
  return tf.tensor2d(values, [labels.length, width]);
}

/** Weights and biases for features that are not standardised. */
function unscaled(point: Float64Array, { means, deviations }: Scaling, classCount: number) {
  const size = means.length * classCount;
  const featureOf = (i: number) => Math.floor(i / classCount);
  const weights = point.subarray(0, size).map((value, i) => value / (deviations[featureOf(i)] ?? 1));
  const biases = point.slice(size);
  for (const [i, weight] of weights.entries()) {
    const label = i % classCount;
    biases[label] = (biases[label] ?? 0) - weight * (means[featureOf(i)] ?? 0);
  }
  return { weights: Float32Array.from(weights), biases: Float32Array.from(biases) };
}
