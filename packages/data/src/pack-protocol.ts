import { DatasetReport, DatasetSource, MakeSplits, ReadOptions } from '@scion/schema';
import { z } from 'zod';
import { FetchRules } from './sources/fetch-rules.ts';
import { FetchedSource } from './sources/fetched-source.ts';

export { manifestFileName } from './packed/packed-manifest.ts';
export { FetchRules } from './sources/fetch-rules.ts';
export { FetchedSource } from './sources/fetched-source.ts';

/** Parent to pack process: the one task of the process's life. */
export const PackCommand = z.strictObject({
  type: z.literal('start'),
  uploadPath: z.string(),
  fileName: z.string(),
  format: z.string(),
  options: ReadOptions.prefault({}),
  split: MakeSplits.nullable().default(null),
  outDir: z.string(),
  resumeFrom: z.string().nullable().default(null).describe('Folder that a killed try of the same upload left, to go on from'),
  saveEveryMs: z.int().min(0).default(10_000).describe('How often progress is saved for that'),
  fetch: z
    .strictObject({ source: DatasetSource, rules: FetchRules })
    .nullable()
    .default(null)
    .describe('Where to fetch the upload from, into `uploadPath`, before it is packed; null where it is there'),
});
export type PackCommand = z.infer<typeof PackCommand>;
export type PackCommandInput = z.input<typeof PackCommand>;

/** Pack process to parent. `ready` comes once, before a command is taken; `packed` or `failed` is the last message. */
export const PackMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('progress'), examples: z.int() }),
  z.strictObject({
    type: z.literal('packed'),
    report: DatasetReport,
    fetched: FetchedSource.nullable().describe('What was fetched, and stands at `uploadPath`'),
  }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string().describe('A key of the error catalogue'),
    message: z.string(),
    details: z.array(z.strictObject({ path: z.string(), message: z.string() })),
  }),
]);
export type PackMessage = z.infer<typeof PackMessage>;
