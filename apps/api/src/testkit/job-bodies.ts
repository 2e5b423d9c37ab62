/** The body of a job that the catalogue accepts, on the data set. */
export function pretrainBody(datasetId: string, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'pretrain',
    dataset: { id: datasetId, split: 'train' },
    backbone: { type: 'convnet-small' },
    method: { type: 'supervised' },
    training: { epochs: 2, batchSize: 10 },
    ...overrides,
  };
}

export function finetuneBody(datasetId: string, from: unknown, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { kind: 'finetune', from, dataset: { id: datasetId, split: 'train' }, method: { type: 'linear-probe' }, ...overrides };
}
