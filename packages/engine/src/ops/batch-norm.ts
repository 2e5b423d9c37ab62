import * as tf from '@tensorflow/tfjs-core';

/**
 * Kernels that a backend may register for training-mode batch normalisation over [batch, height, width, channel]:
 * `{ x, scale, offset }, { epsilon } → [y, mean, variance (unbiased), savedMean, savedInverse]` and its gradient
 * `{ dy, x, scale, savedMean, savedInverse } → [dx, dscale, doffset]`. Backends without them run plain ops.
 */
export const batchNormTrainKernel = 'ScionBatchNormTrain';
export const batchNormTrainGradKernel = 'ScionBatchNormTrainGrad';

export type BatchNormParameters = { scale: tf.Tensor1D; offset: tf.Tensor1D; epsilon: number };
export type BatchStatistics = { mean: tf.Tensor1D; variance: tf.Tensor1D };

/**
 * Normalises x [batch, height, width, channel] by the statistics of the batch (Ioffe & Szegedy, 2015). Returns them too, the
 * variance unbiased, as PyTorch folds it into its running variance. Statistics carry no gradient of their own.
 */
export function batchNormTrain(x: tf.Tensor4D, parameters: BatchNormParameters): { y: tf.Tensor4D; statistics: BatchStatistics } {
  return tf.getKernel(batchNormTrainKernel, tf.getBackend()) ? fusedTrain(x, parameters) : composedTrain(x, parameters);
}

/** Normalises x by given (running) statistics. */
export function batchNormEval(x: tf.Tensor4D, parameters: BatchNormParameters, statistics: BatchStatistics): tf.Tensor4D {
  const { scale, offset, epsilon } = parameters;
  return tf.batchNorm4d(x, statistics.mean, statistics.variance, offset, scale, epsilon);
}

function fusedTrain(x: tf.Tensor4D, { scale, offset, epsilon }: BatchNormParameters) {
  const kept: { mean?: tf.Tensor1D; variance?: tf.Tensor1D } = {};
  const forward = tf.customGrad((xIn, scaleIn, offsetIn, save) => {
    const engine = tf.engine();
    const inputs = { x: xIn as tf.Tensor, scale: scaleIn as tf.Tensor, offset: offsetIn as tf.Tensor };
    const [y, mean, variance, savedMean, savedInverse] = engine.runKernel(batchNormTrainKernel, inputs, {
      epsilon,
    }) as tf.Tensor[];
    if (!y || !mean || !variance || !savedMean || !savedInverse)
      throw new Error(`${batchNormTrainKernel} must give five tensors`);
    // Only y leaves this function the usual way; the statistics must outlive its scope too.
    kept.mean = tf.keep(mean as tf.Tensor1D);
    kept.variance = tf.keep(variance as tf.Tensor1D);
    (save as tf.GradSaveFunc)([inputs.x, inputs.scale, savedMean, savedInverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [xSaved, scaleSaved, meanSaved, inverseSaved] = saved;
      if (!xSaved || !scaleSaved || !meanSaved || !inverseSaved) throw new Error('batchNormTrain lost its saved tensors');
      const gradInputs = { dy, x: xSaved, scale: scaleSaved, savedMean: meanSaved, savedInverse: inverseSaved };
      return engine.runKernel(batchNormTrainGradKernel, gradInputs, { epsilon }) as tf.Tensor[];
    };
    return { value: y, gradFunc };
  });
  const y = forward(x, scale, offset) as tf.Tensor4D;
  if (!kept.mean || !kept.variance) throw new Error(`${batchNormTrainKernel} gave no statistics`);
  const statistics = { mean: tf.clone(kept.mean), variance: tf.clone(kept.variance) };
  tf.dispose(kept);
  return { y, statistics };
}

function composedTrain(x: tf.Tensor4D, { scale, offset, epsilon }: BatchNormParameters) {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const y = tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)))), offset) as tf.Tensor4D;
  const count = x.size / (x.shape[3] || 1);
  const unbiased = tf.mul(variance, count / Math.max(count - 1, 1));
  return { y, statistics: { mean: mean as tf.Tensor1D, variance: unbiased as tf.Tensor1D } };
}
