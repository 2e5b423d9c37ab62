import type { DatasetReport, JobSpec } from '@scion/schema';

/** What the validation of a small labelled data set found. */
export function exampleReport(overrides: Partial<DatasetReport> = {}): DatasetReport {
  return {
    format: 'image-folder',
    modality: 'image',
    classNames: ['cat', 'dog'],
    splits: {
      train: { examples: 20, labelled: 20, classes: { cat: 10, dog: 10 } },
      test: { examples: 4, labelled: 4, classes: { cat: 2, dog: 2 } },
    },
    example: { shape: [8, 8, 3] },
    issues: [],
    sha256: 'a'.repeat(64),
    ...overrides,
  };
}

/** A spec as the catalogue resolves it, for the data set. */
export function exampleSpec(datasetId: string, overrides: Partial<JobSpec> = {}): JobSpec {
  return {
    kind: 'pretrain',
    name: 'example',
    dataset: { id: datasetId, split: 'train' },
    backbone: { type: 'reference-net' },
    method: { type: 'supervised' },
    evaluate: null,
    checkpoint: { everyEpochs: 1, everySteps: null, keep: 3, keepBest: null, keepEveryEpochs: null },
    tags: [],
    priority: 0,
    dependsOn: [],
    maxRestarts: 3,
    onDivergence: { retries: 0, learningRateFactor: 0.5 },
    deadlineMinutes: null,
    ...overrides,
  };
}
