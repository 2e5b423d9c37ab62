import { z } from 'zod';
import { DatasetSource, MakeSplits } from './dataset-source.ts';
import { ApiKeyId, DatasetId } from './id.ts';
import { PageQuery } from './page.ts';
import { ReadOptions } from './read-options.ts';

export const DatasetState = z.enum(['validating', 'ready', 'invalid']);
export type DatasetState = z.infer<typeof DatasetState>;

export const Modality = z.enum(['image', 'text', 'audio']);
export type Modality = z.infer<typeof Modality>;

/** What an example may be labelled with: one class, a set of classes, a number, a class for each pixel. */
export const LabelKind = z.enum(['class', 'classes', 'number', 'mask']);
export type LabelKind = z.infer<typeof LabelKind>;

export const DatasetIssue = z
  .strictObject({
    code: z.string().describe('Kebab-case kind of issue, such as `image-corrupt`'),
    severity: z.enum(['error', 'warning', 'info']),
    split: z.string().nullable(),
    path: z.string().nullable().describe('The file inside the upload that the issue is about'),
    row: z.int().nullable().describe('The record inside that file, counted from 0'),
    message: z.string(),
  })
  .meta({ id: 'DatasetIssue' });
export type DatasetIssue = z.infer<typeof DatasetIssue>;

export const SplitSummary = z.strictObject({
  examples: z.int(),
  labelled: z.int().describe('Examples that have a label of any kind'),
  classes: z
    .record(z.string(), z.int())
    .describe('Number of examples for each class name; one with several classes counts for each of them'),
});
export type SplitSummary = z.infer<typeof SplitSummary>;

export const SizeRange = z.strictObject({ min: z.int(), median: z.int(), max: z.int() });
export type SizeRange = z.infer<typeof SizeRange>;

const TextStatistics = z.strictObject({
  characters: SizeRange.extend({ p95: z.int().describe('95 of 100 texts have this many or fewer') }),
});

const AudioStatistics = z.strictObject({
  seconds: z.strictObject({ min: z.number(), median: z.number(), max: z.number() }),
  sampleRates: z.record(z.string(), z.int()).describe('Number of recordings for each sample rate in Hz'),
  channels: z.record(z.string(), z.int()).describe('Number of recordings for each number of channels'),
  silent: z.int().describe('Recordings without a sound'),
  clipped: z.int().describe('Recordings that were cut off at full scale'),
});

const MaskStatistics = z.strictObject({
  pixels: z.record(z.string(), z.int()).describe('Number of pixels for each class'),
  ignored: z.int().describe('Pixels of no class'),
});

/** What was counted while the examples were looked at. */
export const DatasetStatistics = z
  .strictObject({
    images: z
      .record(
        z.string(),
        z.strictObject({
          height: SizeRange,
          width: SizeRange,
          grey: z.int().describe('Images without colour'),
          colour: z.int(),
        }),
      )
      .describe('For each split, in pixels; empty where examples are no images'),
    texts: z.record(z.string(), TextStatistics).optional().describe('For each split of a data set of texts'),
    audio: z.record(z.string(), AudioStatistics).optional().describe('For each split of a data set of recordings'),
    masks: z.record(z.string(), MaskStatistics).optional().describe('For each split of a data set with masks'),
    numbers: z
      .record(
        z.string(),
        z.strictObject({
          min: z.number(),
          mean: z.number(),
          max: z.number(),
          deviation: z
            .number()
            .optional()
            .describe('Standard deviation; missing in data sets that were validated before it was counted'),
        }),
      )
      .optional()
      .describe('For each split, what is to be predicted where that is a number'),
    duplicates: z
      .strictObject({
        exact: z.int().describe('Examples with the pixels, the text or the samples of an earlier one'),
        near: z
          .int()
          .describe(
            'Images that look like an earlier one (the first 200,000 are compared); texts that differ in case or white space',
          ),
        acrossSplits: z.int().describe('Those of both whose earlier one is in another split'),
      })
      .describe('Which ones they are stands in `issues`'),
    skipped: z.int().describe('Records that could not be used and were left out'),
    issues: z.record(z.string(), z.int()).describe('How often each code was found; `issues` of the data set lists the first 100'),
  })
  .meta({ id: 'DatasetStatistics' });
export type DatasetStatistics = z.infer<typeof DatasetStatistics>;

const kindFields = {
  labels: z.array(LabelKind).optional().describe('What examples are labelled with; missing where nothing is'),
  superclasses: z.record(z.string(), z.string()).optional().describe('The coarse class of each class, where the format knows it'),
  maskClasses: z
    .array(z.strictObject({ value: z.int(), name: z.string() }))
    .optional()
    .describe(
      'The classes of pixels in label order, and the value of each in mask files. Pixels of other values count for nothing',
    ),
};

/** What validation found: the part of a data set that is known once it is `ready`. */
export const DatasetReport = z.strictObject({
  format: z.string(),
  modality: Modality,
  classNames: z.array(z.string()).describe('Class names in label order: label 0 is the first'),
  splits: z.record(z.string(), SplitSummary),
  example: z.strictObject({
    shape: z
      .array(z.int().nullable())
      .describe(
        'Of one example: [height, width, channel] of images, null where they differ in size; [null] of texts; [sample, channel] of recordings',
      ),
  }),
  ...kindFields,
  statistics: DatasetStatistics.optional(),
  issues: z.array(DatasetIssue),
  sha256: z.string().describe('Of the uploaded bytes'),
});
export type DatasetReport = z.infer<typeof DatasetReport>;

export const Dataset = z
  .strictObject({
    id: DatasetId,
    project: z.string(),
    owner: ApiKeyId.nullable().describe('The key that it was made with; null for none'),
    name: z.string(),
    state: DatasetState,
    format: z.string().describe('`auto` until validation has found it'),
    modality: Modality.nullable(),
    classNames: z.array(z.string()),
    splits: z.record(z.string(), SplitSummary),
    example: z.strictObject({ shape: z.array(z.int().nullable()) }).nullable(),
    ...kindFields,
    statistics: DatasetStatistics.nullable(),
    issues: z.array(DatasetIssue),
    sha256: z.string().nullable(),
    sizeBytes: z.int().describe('Of the uploaded file; 0 until the server has fetched it'),
    source: DatasetSource,
    split: MakeSplits.nullable().describe('The splits that the server was asked to make'),
    options: ReadOptions,
    fileName: z.string(),
    error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Dataset' });
export type Dataset = z.infer<typeof Dataset>;

export const ListDatasets = PageQuery.extend({ state: DatasetState.optional() });
export type ListDatasets = z.infer<typeof ListDatasets>;
