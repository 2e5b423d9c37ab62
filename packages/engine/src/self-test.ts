import * as tf from '@tensorflow/tfjs-core';
import { tensorflowBackendName } from './backends/tensorflow.ts';
import { batchNormTrain } from './ops/batch-norm.ts';
import { philoxUniform } from './ops/philox.ts';
import { createRng, stepKey } from './ops/random.ts';
import { createCompiledTraining, createEagerTraining, type SmallTraining, trainFor } from './small-training.ts';

export type SelfTestResult = { name: string; ok: boolean; detail: string };

/** Checks of the device that is open: equal to plain arithmetic, exact from run to run, and how fast. */
export function selfTest(): SelfTestResult[] {
  const compiled = [compiledStepIsEqual, compiledStepIsExact, compiledStepSpeed];
  const ofGraphs = tf.getBackend() === tensorflowBackendName ? compiled : [];
  return [randomNumbersAreEqual, batchNormIsEqual, trainingIsExact, ...ofGraphs, matrixProductSpeed].map((check) => check());
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

function trainingIsExact(): SelfTestResult {
  return exactness('training op by op gives the same bits twice', { steps: 20, create: createEagerTraining });
}

function compiledStepIsExact(): SelfTestResult {
  return exactness('the compiled step gives the same bits twice', { steps: 100, create: createCompiledTraining });
}

function exactness(name: string, { steps, create }: { steps: number; create: () => SmallTraining }): SelfTestResult {
  const [first = [], second = []] = [0, 1].map(() => trainFor(steps, create).parameters.flatMap((values) => [...values]));
  const different = first.filter((value, i) => !Object.is(value, second[i])).length;
  const isWhole = first.length > 0 && first.length === second.length;
  return {
    name,
    ok: isWhole && different === 0,
    detail: `${different} of ${first.length} parameters differ after ${steps} steps`,
  };
}

function compiledStepIsEqual(): SelfTestResult {
  const steps = 20;
  const [compiled, eager] = [createCompiledTraining, createEagerTraining].map((create) => trainFor(steps, create).losses);
  const differences = (eager ?? []).map((loss, step) => Math.abs((compiled?.[step] ?? Number.NaN) / loss - 1));
  const worst = Math.max(...differences);
  return {
    name: 'the compiled step equals op by op',
    ok: worst <= 1e-5,
    detail: `losses of ${steps} steps differ by ${worst.toExponential(1)} at most`,
  };
}

function compiledStepSpeed(): SelfTestResult {
  const [compiled, eager] = [createCompiledTraining, createEagerTraining].map((create) => medianStepMs(create));
  return {
    name: 'training step speed',
    ok: true,
    detail: `${compiled?.toFixed(2)} ms compiled, ${eager?.toFixed(2)} ms op by op (a small net, median of ${timedSteps})`,
  };
}

const timedSteps = 21;

function medianStepMs(create: () => SmallTraining): number {
  const training = create();
  training.train(0);
  const times = Array.from({ length: timedSteps }, (_, step) => {
    const start = performance.now();
    training.train(step + 1);
    return performance.now() - start;
  });
  training.dispose();
  return median(times);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
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
  const gigaflops = (2 * side ** 3) / median(times) / 1e6;
  return {
    name: 'matrix product speed',
    ok: true,
    detail: `${gigaflops.toFixed(0)} GFLOP/s (${side}×${side} float32, median of ${rounds})`,
  };
}
