import { DatasetReport } from '@scion/schema';
import { z } from 'zod';

/** Written last, so its presence says that the packed form is complete. */
export const manifestFileName = 'packed.json';

export const PackedFile = z.strictObject({ name: z.string(), sizeBytes: z.int(), sha256: z.string() });
export type PackedFile = z.infer<typeof PackedFile>;

const splitFields = {
  name: z.string(),
  length: z.int(),
  labels: PackedFile.describe('int32, little-endian; -1 for unlabelled'),
  labelSets: z
    .strictObject({
      values: PackedFile.describe('int32: the classes of all examples, one after the other'),
      offsets: PackedFile.describe('float64: where the classes of each example start, and the end'),
    })
    .optional()
    .describe('Where examples may have several classes'),
  targets: PackedFile.optional().describe('float64: the number to predict; NaN for unlabelled'),
  sources: PackedFile.describe('One JSON line for each example: {"path","row"} in the upload and, where it has one, its "group"'),
};
export type PackedSplitFacts = z.infer<z.ZodObject<typeof splitFields>>;

/** A file of pieces, one for each example, and where each starts, as float64, one more than there are examples. */
const pieces = { content: PackedFile, offsets: PackedFile };
export type PackedPieces = z.infer<z.ZodObject<typeof pieces>>;

/** Grey PNGs of 8 bits, one for each example: the values of the mask file. An example without a mask has none. */
const masks = z.strictObject(pieces).optional();

/** Files that hold the images between them, one after the other; none stands in two. */
const shards = z.array(PackedFile);

const manifestFields = { version: z.literal(2), report: DatasetReport };

/**
 * The packed form of a data set. `raw`: images of one size as uint8 [example, height, width, channel]. `encoded`: the uploaded
 * image files one after the other. `texts`: UTF-8. `recordings`: 16-bit samples, little-endian, [sample, channel].
 */
export const PackedManifest = z.discriminatedUnion('layout', [
  z.strictObject({
    ...manifestFields,
    layout: z.literal('raw'),
    shape: z.tuple([z.int(), z.int(), z.literal([1, 3])]),
    splits: z.array(z.strictObject({ ...splitFields, images: shards, masks })),
  }),
  z.strictObject({
    ...manifestFields,
    layout: z.literal('encoded'),
    shape: z.tuple([z.int().nullable(), z.int().nullable(), z.literal([1, 3])]),
    splits: z.array(
      z.strictObject({
        ...splitFields,
        images: shards,
        offsets: PackedFile.describe('float64: where each image starts in the row of shards, and the end'),
        sizes: PackedFile.describe('int32 [example, 2]: height and width of the image, turned upright'),
        masks,
      }),
    ),
  }),
  z.strictObject({
    ...manifestFields,
    layout: z.literal('texts'),
    splits: z.array(z.strictObject({ ...splitFields, ...pieces })),
  }),
  z.strictObject({
    ...manifestFields,
    layout: z.literal('recordings'),
    splits: z.array(
      z.strictObject({
        ...splitFields,
        ...pieces,
        formats: PackedFile.describe('int32 [example, 2]: sample rate in Hz, number of channels'),
      }),
    ),
  }),
]);
export type PackedManifest = z.infer<typeof PackedManifest>;

type WithoutManifestFields<Manifest> = Manifest extends PackedManifest ? Omit<Manifest, keyof typeof manifestFields> : never;
/** What a manifest says beside the report. */
export type PackedBody = WithoutManifestFields<PackedManifest>;
