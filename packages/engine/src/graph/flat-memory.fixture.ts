import * as tf from '@tensorflow/tfjs-core';
import { openDevice } from '../device.ts';
import { createCompiledTraining } from '../small-training.ts';

/** What the process holds after a step. */
export type Reading = { step: number; residentBytes: number; tensors: number; nativeTensors: number };

const steps = 5000;
const everySteps = 100;

function takeReading(step: number): Reading {
  globalThis.gc?.();
  const backend = tf.backend() as unknown as { getNumOfTFTensors(): number };
  const residentBytes = process.memoryUsage().rss;
  return { step, residentBytes, tensors: tf.memory().numTensors, nativeTensors: backend.getNumOfTFTensors() };
}

/** A process of its own, run with --expose-gc: trains a small net, and prints as JSON what it held after every so many steps. */
await openDevice({ choice: 'cpu' });
const training = createCompiledTraining();
const readings: Reading[] = [];
const losses: number[] = [];
for (let step = 1; step <= steps; step++) {
  const loss = training.train(step);
  if (step % everySteps !== 0) continue;
  losses.push(loss);
  readings.push(takeReading(step));
}
process.stdout.write(JSON.stringify({ readings, losses }));
