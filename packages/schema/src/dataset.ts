import { z } from 'zod';
import { DatasetSource, MakeSplits } from './dataset-source.ts';
import { DatasetId } from './id.ts';
import { PageQuery } from './page.ts';
import { ReadOptions } from './read-options.ts';

export const DatasetState = z.enum(['validating', 'ready', 'invalid']);
export type DatasetState = z.infer<typeof DatasetState>;

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
  labelled: z.int().describe('Examples that have a label'),
  classes: z.record(z.string(), z.int()).describe('Number of examples for each class name'),
});
export type SplitSummary = z.infer<typeof SplitSummary>;

export const SizeRange = z.strictObject({ min: z.int(), median: z.int(), max: z.int() });
export type SizeRange = z.infer<typeof SizeRange>;

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
      .describe('For each split, in pixels'),
    duplicates: z
      .strictObject({
        exact: z.int().describe('Examples with the pixels of an earlier one'),
        near: z.int().describe('Examples that look like an earlier one; the first 200,000 are compared'),
        acrossSplits: z.int().describe('Those of both whose earlier one is in another split'),
      })
      .describe('Which ones they are stands in `issues`'),
    skipped: z.int().describe('Records that could not be used and were left out'),
    issues: z.record(z.string(), z.int()).describe('How often each code was found; `issues` of the data set lists the first 100'),
  })
  .meta({ id: 'DatasetStatistics' });
export type DatasetStatistics = z.infer<typeof DatasetStatistics>;

/** What validation found: the part of a data set that is known once it is `ready`. */
export const DatasetReport = z.strictObject({
  format: z.string(),
  modality: z.enum(['image']),
  classNames: z.array(z.string()).describe('Class names in label order: label 0 is the first'),
  splits: z.record(z.string(), SplitSummary),
  example: z.strictObject({
    shape: z
      .array(z.int().nullable())
      .describe('[height, width, channel] of one example; height and width are null where images differ in size'),
  }),
  statistics: DatasetStatistics.optional(),
  issues: z.array(DatasetIssue),
  sha256: z.string().describe('Of the uploaded bytes'),
});
export type DatasetReport = z.infer<typeof DatasetReport>;

export const Dataset = z
  .strictObject({
    id: DatasetId,
    name: z.string(),
    state: DatasetState,
    format: z.string().describe('`auto` until validation has found it'),
    modality: z.enum(['image']).nullable(),
    classNames: z.array(z.string()),
    splits: z.record(z.string(), SplitSummary),
    example: z.strictObject({ shape: z.array(z.int().nullable()) }).nullable(),
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
