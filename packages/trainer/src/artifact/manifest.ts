import { ImportReport } from '@scion/schema';
import { z } from 'zod';
import { BackboneConfig } from '../models/index.ts';
import { TrainedSpec } from '../spec.ts';

/** How to build the network again: what a checkpoint or a model says of itself. */
export const NetworkDescription = z.strictObject({
  spec: TrainedSpec,
  classNames: z.array(z.string()),
  /** [height, width, channel] to which an image is decoded before the augmentations. */
  decodedShape: z.tuple([z.int(), z.int(), z.int()]),
  decodesFirst: z.boolean().default(false).describe('Whether the first augmentation is done while an image is decoded'),
});
export type NetworkDescription = z.infer<typeof NetworkDescription>;

/** Sums over the unfinished epoch, from which its means will be made. */
export const EpochSums = z.strictObject({ examples: z.int(), values: z.record(z.string(), z.number()) });
export type EpochSums = z.infer<typeof EpochSums>;

/** What was measured of the best model so far, where a run watches for it; its parameters stand beside it. */
export const Best = z.strictObject({
  step: z.int(),
  value: z.number(),
  waited: z.int().describe('Measurements since then, none of them better'),
  metrics: z.record(z.string(), z.number()),
});
export type Best = z.infer<typeof Best>;

const Files = z.record(z.string(), z.strictObject({ sizeBytes: z.int(), sha256: z.string() }));

/** `manifest.json`, the last file to be written: a folder without it holds nothing. */
export const Manifest = z.strictObject({
  formatVersion: z.literal(1),
  job: z.string(),
  attempt: z.int(),
  step: z.int(),
  epoch: z.number(),
  network: NetworkDescription,
  metrics: z.record(z.string(), z.number()),
  epochSums: EpochSums,
  best: Best.nullable().default(null),
  files: Files,
});
export type Manifest = z.infer<typeof Manifest>;

/** The manifest of a backbone that no job trained: its parameters come out of a file of weights. */
export const ImportManifest = z.strictObject({
  formatVersion: z.literal(1),
  imported: z.strictObject({
    backbone: BackboneConfig,
    inputShape: z.tuple([z.int(), z.int(), z.int()]),
    report: ImportReport,
  }),
  files: Files,
});
export type ImportManifest = z.infer<typeof ImportManifest>;

export const formatVersion = 1;
