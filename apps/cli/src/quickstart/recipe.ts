import type { JobRequest } from '@scion/client';

/** Side of the images that the network sees. The 8×8 digits are brought to the size of those it was pretrained on. */
const side = 28;

/** The same for all three runs, so that what differs is the pretraining alone. */
const augment = [
  { type: 'resize', size: side },
  { type: 'random-affine', degrees: 10, translate: 0.08, scale: [0.9, 1.1], shear: 5 },
  { type: 'normalize', mean: [0.5], std: [0.5] },
];

const backbone = { type: 'convnet-small' };
const checkpoint = { everyEpochs: 5, keep: 1 };
const tags = ['quickstart'];

/** Supervised pretraining on a set of digits of which there are many. */
export function pretrainJob({ dataset }: { dataset: string }): JobRequest {
  return {
    kind: 'pretrain',
    name: 'quickstart: pretrain',
    dataset: { id: dataset, split: 'train' },
    evaluate: { split: 'test' },
    backbone,
    method: { type: 'supervised' },
    training: {
      epochs: 5,
      stepsPerEpoch: 50,
      batchSize: 128,
      optimizer: { type: 'adam', learningRate: 0.002 },
      schedule: { type: 'cosine' },
    },
    augment,
    checkpoint,
    tags,
  };
}

/** The other set of digits, with one label a class. */
function fewLabels({ dataset, seed }: { dataset: string; seed: number }) {
  return {
    kind: 'finetune',
    dataset: { id: dataset, split: 'train', labels: { perClass: 1, seed } },
    evaluate: { split: 'test' },
    augment,
    checkpoint,
    tags,
  };
}

/** A new head on the pretrained backbone, which stays as it is. */
export function probeJob({ dataset, pretrained, seed = 0 }: { dataset: string; pretrained: string; seed?: number }): JobRequest {
  return {
    ...fewLabels({ dataset, seed }),
    name: 'quickstart: finetune with 10 labels',
    from: { job: pretrained },
    method: { type: 'linear-probe' },
    training: {
      epochs: 5,
      stepsPerEpoch: 20,
      batchSize: 50,
      seed,
      optimizer: { type: 'adam', learningRate: 0.01 },
    },
  };
}

/** The same network on the same labels, without pretraining. */
export function scratchJob({ dataset, seed = 0 }: { dataset: string; seed?: number }): JobRequest {
  return {
    ...fewLabels({ dataset, seed }),
    name: 'quickstart: from scratch with 10 labels',
    from: { scratch: { backbone } },
    method: { type: 'full' },
    training: {
      epochs: 5,
      stepsPerEpoch: 20,
      batchSize: 50,
      seed,
      optimizer: { type: 'adam', learningRate: 0.002 },
      schedule: { type: 'cosine' },
    },
  };
}
