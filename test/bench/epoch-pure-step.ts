import { createInterface } from 'node:readline';
import { CreateJob, createNetwork, createTrainingStep, openDevice, resolveSpec } from '@scion/trainer';
import { batchSize, epochJob, learningRate } from './epoch-job.ts';

/**
 * Child of bench:epoch, the step alone: `epoch-pure-step PRECISION THREADS` answers {"variant", "steps"} lines with the milliseconds of
 * that many steps, augmentation and all, on one batch that is in memory.
 */
const [precision = 'float32', threads = '2'] = process.argv.slice(2);
if (precision !== 'float32' && precision !== 'bfloat16') throw new Error(`No such precision: ${precision}`);
await openDevice({ threads: Number(threads) });

const side = 32;
const imageShape = [side, side, 3] as const;
const classNames = Array.from({ length: 10 }, (_, index) => `class ${index}`);
const split = { examples: batchSize, labelled: batchSize, classes: Object.fromEntries(classNames.map((name) => [name, 10])) };
const job = CreateJob.parse({
  ...epochJob({ precision }),
  dataset: { id: 'ds_00000000000000000000000000', split: 'train' },
});
const spec = resolveSpec(job, { dataset: { splits: { train: split }, classNames, shape: imageShape }, source: null });
const network = createNetwork(spec, classNames);
const step = createTrainingStep({ network, spec, imageShape, batchSizes: [batchSize], compile: true });
step.begin(precision);

const images = Uint8Array.from({ length: batchSize * side * side * 3 }, (_, index) => (index * 97) % 256);
const labels = Int32Array.from({ length: batchSize }, (_, index) => index % classNames.length);
let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { steps } = JSON.parse(line) as { steps: number };
  const ms = Array.from({ length: steps }, () => {
    const startedAt = performance.now();
    step.run({ images, labels }, { step: count++, learningRate });
    return performance.now() - startedAt;
  });
  console.log(JSON.stringify({ ms }));
}
