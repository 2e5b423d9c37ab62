import { DatasetReport } from '@scion/schema';
import { z } from 'zod';

/** Written last, so its presence says that the packed form is complete. */
export const manifestFileName = 'packed.json';

const PackedFile = z.strictObject({ name: z.string(), sizeBytes: z.int(), sha256: z.string() });
export type PackedFile = z.infer<typeof PackedFile>;

const splitFields = {
  name: z.string(),
  length: z.int(),
  labels: PackedFile.describe('int32, little-endian; -1 for unlabelled'),
  sources: PackedFile.describe('One JSON line for each example: {"path","row"} in the upload and, where it has one, its "group"'),
};

const manifestFields = {
  version: z.literal(1),
  report: DatasetReport,
  superclasses: z.record(z.string(), z.string()).optional().describe('The coarse class of each class'),
};

/**
 * The packed form of a data set. `raw`: images of one size as uint8 [example, height, width, channel]. `encoded`: the uploaded
 * files one after the other, with their offsets as float64, one more than there are examples.
 */
export const PackedManifest = z.discriminatedUnion('layout', [
  z.strictObject({
    ...manifestFields,
    layout: z.literal('raw'),
    shape: z.tuple([z.int(), z.int(), z.literal([1, 3])]),
    splits: z.array(z.strictObject({ ...splitFields, images: PackedFile })),
  }),
  z.strictObject({
    ...manifestFields,
    layout: z.literal('encoded'),
    shape: z.tuple([z.int().nullable(), z.int().nullable(), z.literal([1, 3])]),
    splits: z.array(z.strictObject({ ...splitFields, images: PackedFile, offsets: PackedFile })),
  }),
]);
export type PackedManifest = z.infer<typeof PackedManifest>;
