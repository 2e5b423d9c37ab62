import type { JobRequest } from '@scion/client';

/** A job of a chaos run; `from` names the one that it is finetuned from. */
export type Work = { name: string; from?: string; request: (dataset: string) => JobRequest };

const base = (dataset: string, name: string) => ({
  name,
  dataset: { id: dataset, split: 'train' },
  evaluate: { split: 'test' },
  augment: [{ type: 'normalize', mean: [0.5], std: [0.5] }],
  checkpoint: { everyEpochs: null, everySteps: 2, keep: 3 },
  maxRestarts: 1000,
});
const training = (epochs: number) => ({ epochs, batchSize: 50, optimizer: { type: 'adam', learningRate: 0.003 } });
const backbone = { type: 'convnet-small' };

/** One of each kind, small; 4 steps an epoch. */
export const works: readonly Work[] = [
  {
    name: 'pretrain with labels',
    request: (dataset) => ({
      ...base(dataset, 'supervised'),
      kind: 'pretrain',
      backbone,
      method: { type: 'supervised' },
      training: training(10),
    }),
  },
  {
    name: 'pretrain without labels',
    request: (dataset) => ({
      ...base(dataset, 'simclr'),
      kind: 'pretrain',
      backbone,
      method: { type: 'simclr' },
      evaluate: null,
      augment: [
        { type: 'random-crop', size: 12, padding: 2 },
        { type: 'normalize', mean: [0.5], std: [0.5] },
      ],
      training: training(4),
    }),
  },
  {
    name: 'finetune',
    from: 'pretrain with labels',
    request: (dataset) => ({ ...base(dataset, 'full'), kind: 'finetune', method: { type: 'full' }, training: training(5) }),
  },
  {
    name: 'probe',
    from: 'pretrain without labels',
    request: (dataset) => ({
      ...base(dataset, 'linear-probe'),
      kind: 'finetune',
      method: { type: 'linear-probe' },
      training: training(5),
    }),
  },
];
