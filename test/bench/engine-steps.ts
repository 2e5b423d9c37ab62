import { createInterface } from 'node:readline';
import { CreateJob, createNetwork, createTrainingStep, openDevice, resolveSpec } from '@scion/trainer';
import { engineModels } from './engine-models.ts';

/**
 * Child of bench:engine, our side: `engine-steps MODEL THREADS` reads {"variant": "float32", "steps": 5} lines, runs that many training steps
 * on the same random batch and answers {"ms": […]}, as test/parity/step_speed.py does.
 */
const [name = '', threads = '2'] = process.argv.slice(2);
const model = engineModels.find(({ id }) => id === name);
if (!model) throw new Error(`No such model: ${name}`);
const { backbone, side, batch } = model;
await openDevice({ threads: Number(threads) });

const classNames = Array.from({ length: 10 }, (_, index) => `class ${index}`);
const classes = Object.fromEntries(classNames.map((className) => [className, batch]));
const split = { examples: 10 * batch, labelled: 10 * batch, classes };
const imageShape = [side, side, 3] as const;
const images = Uint8Array.from({ length: batch * side * side * 3 }, (_, index) => (index * 97) % 256);
const labels = Int32Array.from({ length: batch }, (_, index) => index % 10);

function createStep(precision: 'float32' | 'bfloat16') {
  const job = CreateJob.parse({
    kind: 'pretrain',
    dataset: { id: 'ds_00000000000000000000000000', split: 'train' },
    backbone,
    method: { type: 'supervised' },
    training: { batchSize: batch, precision, optimizer: { type: 'sgd', learningRate: 0.001, momentum: 0.9 } },
  });
  const spec = resolveSpec(job, { dataset: { splits: { train: split }, classNames, shape: imageShape }, source: null });
  const network = createNetwork(spec, classNames);
  const step = createTrainingStep({ network, spec, imageShape, batchSizes: [batch], compile: true });
  const startedAt = performance.now();
  step.begin(precision);
  console.error(`${name} ${precision}: recorded in ${((performance.now() - startedAt) / 1000).toFixed(2)} s`);
  let count = 0;
  return () => void step.run({ images, labels }, { step: count++, learningRate: 0.001 });
}

const steps = new Map<string, () => void>();
for await (const line of createInterface({ input: process.stdin })) {
  const { variant, steps: count } = JSON.parse(line) as { variant: 'float32' | 'bfloat16'; steps: number };
  const step = steps.get(variant) ?? createStep(variant);
  steps.set(variant, step);
  const ms = Array.from({ length: count }, () => {
    const startedAt = performance.now();
    step();
    return performance.now() - startedAt;
  });
  console.log(JSON.stringify({ ms }));
}
