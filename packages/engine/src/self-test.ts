import * as tf from '@tensorflow/tfjs-core';
import { batchNormTrain } from './ops/batch-norm.ts';
import { crossEntropy } from './ops/classification-loss.ts';
import { philoxUniform } from './ops/philox.ts';
import { createRng, stepKey } from './ops/random.ts';

export type SelfTestResult = { name: string; ok: boolean; detail: string };

/** Checks of the device that is open: equal to plain arithmetic, exact from run to run, and how fast. */
export function selfTest(): SelfTestResult[] {
  return [randomNumbersAreEqual(), batchNormIsEqual(), trainingStepIsExact(), matrixProductSpeed()];
}

function randomNumbersAreEqual(): SelfTestResult {
  const expected = philoxUniform(4099, 7, 11);
  const actual = tf.engine().runKernel('StatelessRandomUniform', { key: stepKey(7, 11) }, { shape: [4099] }) as tf.Tensor;
  const different = actual.dataSync().filter((value, i) => value !== expected[i]).length;
  return { name: 'random numbers equal the reference generator', ok: different === 0, detail: `${different} of 4099 differ` };
}

function batchNormIsEqual(): SelfTestResult {
  const worst = tf.tidy(() => {
    const x = createRng(stepKey(1, 1)).normal('x', [8, 5, 5, 6]) as tf.Tensor4D;
    const { y } = batchNormTrain(x, { scale: tf.ones([6]), offset: tf.zeros([6]), epsilon: 1e-5 });
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const reference = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
    return tf.max(tf.abs(tf.sub(y, reference))).dataSync()[0] ?? Number.NaN;
  });
  return {
    name: 'batch normalisation equals plain arithmetic',
    ok: worst < 1e-4,
    detail: `largest difference ${worst.toExponential(1)}`,
  };
}

function trainingStepIsExact(): SelfTestResult {
  const runs = [0, 1].map(() => gradientOfSmallNet());
  const [first = new Float32Array(), second = new Float32Array()] = runs;
  const different = first.filter((value, i) => value !== second[i]).length;
  return {
    name: 'a training step gives the same bits twice',
    ok: different === 0,
    detail: `${different} of ${first.length} gradients differ`,
  };
}

function gradientOfSmallNet(): Float32Array {
  return tf.tidy(() => {
    const rng = createRng(stepKey(3, 5));
    const x = rng.uniform('x', [32, 16, 16, 3]) as tf.Tensor4D;
    const labels = tf.cast(tf.floor(tf.mul(rng.uniform('labels', [32]), 10)), 'int32') as tf.Tensor1D;
    const filter = tf.mul(rng.normal('filter', [3, 3, 3, 16]), 0.1) as tf.Tensor4D;
    const weight = tf.mul(rng.normal('weight', [16, 10]), 0.1) as tf.Tensor2D;
    const loss = (f: tf.Tensor4D) =>
      crossEntropy(tf.matMul(tf.mean(tf.relu(tf.conv2d(x, f, 1, 'same')), [1, 2]) as tf.Tensor2D, weight), labels);
    return tf
      .grad((f) => loss(f as tf.Tensor4D))(filter)
      .dataSync() as Float32Array;
  });
}

function matrixProductSpeed(): SelfTestResult {
  const side = 1024;
  const rounds = 7;
  const times = tf.tidy(() => {
    const a = createRng(stepKey(2, 2)).uniform('a', [side, side]) as tf.Tensor2D;
    return Array.from({ length: rounds }, () => {
      const start = performance.now();
      tf.matMul(a, a).dataSync();
      return performance.now() - start;
    });
  });
  const median = times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  const gigaflops = (2 * side ** 3) / median / 1e6;
  return {
    name: 'matrix product speed',
    ok: true,
    detail: `${gigaflops.toFixed(0)} GFLOP/s (${side}×${side} float32, median of ${rounds})`,
  };
}
