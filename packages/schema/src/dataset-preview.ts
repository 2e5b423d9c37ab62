import { z } from 'zod';
import { DatasetId } from './id.ts';

/** Examples of one split, a few of each class, small enough to stand in the answer. */
export const SplitPreview = z.strictObject({
  split: z.string(),
  histogram: z
    .array(z.strictObject({ label: z.string().nullable(), examples: z.int() }))
    .describe(
      'Number of examples for each class, in label order; the last entry, label null, is of unlabelled ones if there are',
    ),
  examples: z.array(
    z.strictObject({
      index: z.int().describe('Number of the example in its split'),
      label: z.string().nullable(),
      path: z.string().describe('The file inside the upload'),
      row: z.int().nullable(),
      labels: z.array(z.string()).optional().describe('The classes of an example that may have several'),
      target: z.number().optional().describe('The number to predict'),
      thumbnail: z
        .string()
        .optional()
        .describe(
          'The image, made small, as a data: URL; with its mask laid over it where there is one. Of recordings a drawing',
        ),
      text: z.string().optional().describe('The text, or its first 500 characters'),
      seconds: z.number().optional().describe('How long the recording is'),
    }),
  ),
});
export type SplitPreview = z.infer<typeof SplitPreview>;

/** What packing leaves beside the packed form for people to look at. */
export const PreviewFile = z.strictObject({ splits: z.array(SplitPreview) });
export type PreviewFile = z.infer<typeof PreviewFile>;

export const DatasetPreview = PreviewFile.extend({ dataset: DatasetId }).meta({ id: 'DatasetPreview' });
export type DatasetPreview = z.infer<typeof DatasetPreview>;

export const PreviewQuery = z.strictObject({
  format: z.enum(['json', 'png']).optional().describe('`png` is a contact sheet; without it, `Accept` decides'),
  split: z.string().max(100).optional().describe('Only this split'),
});
export type PreviewQuery = z.infer<typeof PreviewQuery>;
