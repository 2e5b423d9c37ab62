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
