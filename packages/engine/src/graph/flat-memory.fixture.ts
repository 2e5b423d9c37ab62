import * as tf from '@tensorflow/tfjs-core';
import { openDevice } from '../device.ts';
import { createRng, dropout } from '../ops/random.ts';
import { createProgram, type Program } from './program.ts';

/**
 * A process of its own, run with --expose-gc: trains a small net for a number of steps, with augmentation-like random numbers, dropout
 * and optimizer slots in the graph, and prints as JSON what it held after every so many of them.
 */
export type Reading = { step: number; residentBytes: number; tensors: number; nativeTensors: number };

const steps = 5000;
const everySteps = 100;
const batch = 16;
const parameters = { filter: [3, 3, 3, 8], weight: [8, 10] } as const;

function createTraining(): Program {
  const slots = Object.entries(parameters).flatMap(([name, shape]) => [
    { name, shape },
    { name: `${name}/momentum`, shape },
  ]);
  const inputs = {
    images: { dtype: 'uint8', shape: [batch, 12, 12, 3] },
    labels: { dtype: 'int32', shape: [batch] },
    key: { dtype: 'int32', shape: [2] },
  } as const;
  const program = createProgram({
    variables: slots,
    functions: {
      step: {
        inputs,
        build({ input, variable, update }) {
          const rng = createRng(input('key') as tf.Tensor1D);
          const images = tf.div(tf.cast(input('images'), 'float32'), 255);
          const noisy = tf.add(images, tf.mul(rng.uniform('noise', images.shape), 0.1)) as tf.Tensor4D;
          const targets = tf.oneHot(input('labels'), 10, 1, 0, 'float32');
          const loss = (filter: tf.Tensor, weight: tf.Tensor) => {
            const features = tf.mean(tf.relu(tf.conv2d(noisy, filter as tf.Tensor4D, 1, 'same')), [1, 2]);
            const logits = tf.matMul(dropout(features, 0.2, { rng, site: 'features' }), weight);
            return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1))) as tf.Scalar;
          };
          const names = Object.keys(parameters);
          const { value, grads } = tf.valueAndGrads(loss)(names.map(variable));
          for (const [index, gradient] of grads.entries()) {
            const name = names[index] ?? '';
            const operands = [tf.scalar(0.05), gradient, tf.scalar(0.9)];
            update('ResourceApplyMomentum', { variables: [name, `${name}/momentum`], operands });
          }
          return { loss: value };
        },
      },
    },
  });
  program.writeAll(
    new Map(slots.map(({ name, shape }) => [name, new Float32Array(tf.util.sizeFromShape([...shape])).fill(0.05)] as const)),
  );
  return program;
}

function takeReading(step: number): Reading {
  globalThis.gc?.();
  const backend = tf.backend() as unknown as { getNumOfTFTensors(): number };
  const residentBytes = process.memoryUsage().rss;
  return { step, residentBytes, tensors: tf.memory().numTensors, nativeTensors: backend.getNumOfTFTensors() };
}

await openDevice({ choice: 'cpu' });
const program = createTraining();
const images = Uint8Array.from({ length: batch * 12 * 12 * 3 }, (_, i) => (i * 31) % 256);
const labels = Int32Array.from({ length: batch }, (_, i) => i % 10);
const readings: Reading[] = [];
const losses: number[] = [];
for (let step = 1; step <= steps; step++) {
  const { loss } = program.run('step', { images, labels, key: Int32Array.of(7, step) });
  if (step % everySteps !== 0) continue;
  losses.push(loss?.[0] ?? Number.NaN);
  readings.push(takeReading(step));
}
process.stdout.write(JSON.stringify({ readings, losses }));
