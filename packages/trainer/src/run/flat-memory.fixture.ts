import { openDevice } from '@scion/engine';
import * as tf from '@tensorflow/tfjs-core';
import { specOf, withBench } from './training-step.fixture.ts';

/** What the process holds after a step. */
export type Reading = { step: number; residentBytes: number; tensors: number };

const steps = 5000;
const everySteps = 100;
/** All that lives in the session from step to step, and random numbers of every kind. */
const spec = specOf(
  { batchSize: 4, ema: { decay: 0.99 }, optimizer: { type: 'adamw' } },
  { augment: [{ type: 'random-crop', size: 8, padding: 1 }, { type: 'random-horizontal-flip' }] },
);

function takeReading(step: number): Reading {
  globalThis.gc?.();
  return { step, residentBytes: process.memoryUsage().rss, tensors: tf.memory().numTensors };
}

/** A process of its own, run with --expose-gc: trains a small net, and prints as JSON what it held after every so many steps. */
await openDevice({ choice: 'cpu' });
const readings: Reading[] = [];
const losses: number[] = [];
withBench(spec, { compile: true, examples: 4 }, ({ train }) => {
  for (let step = 1; step <= steps; step++) {
    const loss = train(step, { learningRate: 1e-3 })['loss'] ?? Number.NaN;
    if (step % everySteps !== 0) continue;
    losses.push(loss);
    readings.push(takeReading(step));
  }
});
process.stdout.write(JSON.stringify({ readings, losses }));
