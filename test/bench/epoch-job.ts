/** The reference listing: what bench:epoch trains, here with the loader and without it. `epoch_speed.py` is the same in PyTorch. */
export const batchSize = 100;
/** Training images of CIFAR-10; the other 10,000 are its test split. */
export const epochSteps = 50_000 / batchSize;
export const learningRate = 0.001;

export function epochJob(training: { precision: string; epochs?: number; stepsPerEpoch?: number }) {
  return {
    kind: 'pretrain',
    evaluate: null,
    backbone: { type: 'reference-net' },
    method: { type: 'supervised' },
    training: { batchSize, optimizer: { type: 'sgd', learningRate, momentum: 0.9 }, ...training },
    checkpoint: { everyEpochs: null },
    augment: [
      { type: 'random-horizontal-flip' },
      { type: 'random-crop', size: 32, padding: 4 },
      { type: 'normalize', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    ],
  };
}
