import { createInterface } from 'node:readline';
import { packDataset } from '@scion/data';
import { createProgram } from '@scion/engine';
import { createRng } from '@scion/engine/ops';
import {
  CreateJob,
  createNetwork,
  openDevice,
  openRunData,
  planBatches,
  prefetch,
  resolveSpec,
  toUnitRange,
} from '@scion/trainer';
import * as tf from '@tensorflow/tfjs-core';
import { imageSets, isImageSetName } from './image-sets.ts';

/**
 * Child of bench:data: `load-batches SET ARCHIVE FOLDER THREADS` packs the archive, then answers each {"variant", "steps"} line with
 * {"ms": […]}: the milliseconds of so many batches, from the loader through the augmentation. What a batch becomes stays in the graph,
 * as in training; its sum comes out, so that all of it has to be computed. The variant `again` opens the packed data anew first.
 */
const [set = '', archive = '', folder = '', threads = '2'] = process.argv.slice(2);
if (!isImageSetName(set)) throw new Error(`No such set: ${set}`);
const { batchSize, augment } = imageSets[set];

await openDevice({ threads: Number(threads) });
const report = await packDataset({ uploadPath: archive, fileName: 'archive', format: 'auto', outDir: folder });
const { splits, classNames, example } = report;
const job = CreateJob.parse({
  kind: 'pretrain',
  dataset: { id: 'ds_00000000000000000000000000', split: 'train' },
  backbone: { type: 'convnet-small' },
  method: { type: 'supervised' },
  augment,
  training: { batchSize, stepsPerEpoch: 1000 },
  evaluate: null,
});
const spec = resolveSpec(job, { dataset: { splits, classNames, shape: example.shape }, source: null });
const augmentBatch = recordAugmentation();
let data = await openRunData(folder, spec);
let batches = readBatches();

for await (const line of createInterface({ input: process.stdin })) {
  const { variant, steps } = JSON.parse(line) as { variant: string; steps: number };
  if (variant === 'again') await openAgain();
  const ms: number[] = [];
  for (let step = 0; step < steps; step++) {
    const startedAt = performance.now();
    augmentBatch((await batches.next()).images, step);
    ms.push(performance.now() - startedAt);
  }
  console.log(JSON.stringify({ ms }));
}
await batches.close();
await data.close();

function readBatches() {
  const plan = planBatches({ examples: data.train.length, batchSize, stepsPerEpoch: 1000, seed: 0 });
  return prefetch(data.train, { batchAt: plan.batchAt, first: 0, end: 1_000_000, isTraining: true });
}

async function openAgain(): Promise<void> {
  await batches.close();
  await data.close();
  data = await openRunData(folder, spec);
  batches = readBatches();
}

/** The augmentation of a step as a graph of its own. */
function recordAugmentation(): (images: Uint8Array, step: number) => void {
  const [height = null, width = null, channels = null] = example.shape;
  const decodesFirst = height === null || width === null;
  const side = decodesFirst ? 224 : height;
  const { views } = createNetwork(spec, classNames, { decodesFirst });
  const program = createProgram({
    variables: [],
    functions: {
      augment: {
        inputs: {
          images: { dtype: 'uint8', shape: [batchSize, side, decodesFirst ? 224 : width, channels ?? 3] },
          key: { dtype: 'int32', shape: [2] },
        },
        build({ input }) {
          const [view] = views;
          if (!view) throw new Error('A method has at least one view');
          const rng = createRng(input('key') as tf.Tensor1D);
          return { sum: tf.sum(view.train(toUnitRange(input('images') as tf.Tensor4D), rng).images) };
        },
      },
    },
  });
  return (images, step) => void program.run('augment', { images, key: Int32Array.of(0, step) });
}
