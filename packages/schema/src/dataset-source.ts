import { z } from 'zod';
import { UploadId } from './id.ts';
import { BadRecordPolicy, ColumnRoles, MaskClassNames, NamePattern } from './read-options.ts';

/** Public data sets that the server can fetch by name. `packages/data` knows where from. */
export const CatalogName = z.enum(['cifar10', 'cifar100', 'fashion-mnist', 'mnist', 'stl10', 'imagenette', 'fsdd']);
export type CatalogName = z.infer<typeof CatalogName>;

const share = z.number().min(0).max(1);

/** Splits that the server makes of a data set that has one only. Shares are of the examples and add up to 1. */
export const MakeSplits = z
  .strictObject({
    train: share.default(0),
    val: share.default(0),
    test: share.default(0),
    seed: z.int().min(0).default(0).describe('The same seed and the same data give the same splits'),
    stratify: z.boolean().default(true).describe('Each class is divided in these shares'),
    byGroup: z
      .boolean()
      .default(false)
      .describe('Examples of one group (a patient, a photo series) stay together; for formats that tell groups'),
  })
  .refine(({ train, val, test }) => Math.abs(train + val + test - 1) < 1e-6, 'The shares train, val and test must add up to 1')
  .meta({ id: 'MakeSplits' });
export type MakeSplits = z.infer<typeof MakeSplits>;
export type MakeSplitsInput = z.input<typeof MakeSplits>;

/** Where the bytes of a data set came from. */
export const DatasetSource = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('upload') }),
    z.strictObject({ type: z.literal('url'), url: z.string() }),
    z.strictObject({ type: z.literal('catalog'), name: CatalogName }),
    z.strictObject({ type: z.literal('path'), path: z.string() }),
  ])
  .meta({ id: 'DatasetSource' });
export type DatasetSource = z.infer<typeof DatasetSource>;

const options = {
  name: z.string().min(1).max(200).optional(),
  format: z.string().min(1).max(50).default('auto'),
  policy: BadRecordPolicy.default('skip').describe('`skip` leaves out records that cannot be used, `fail` refuses the data set'),
  namePattern: NamePattern.optional().describe('What file names tell, as `{label}_{group}_*`'),
};

/** A field of a form whose text is JSON. */
export function jsonField<Schema extends z.ZodType>(schema: Schema, example: object) {
  return z
    .string()
    .describe(`JSON, such as ${JSON.stringify(example)}`)
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'This is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** The fields of the multipart `POST /v1/datasets` beside the file. */
export const CreateDatasetFields = z.strictObject({
  ...options,
  columns: jsonField(ColumnRoles, { label: 'species' }).optional(),
  split: jsonField(MakeSplits, { train: 0.8, val: 0.1, test: 0.1 }).optional(),
  maskClasses: jsonField(MaskClassNames, ['sky', 'road', 'unlabelled']).optional(),
});
export type CreateDatasetFields = z.infer<typeof CreateDatasetFields>;

const jsonOptions = {
  ...options,
  columns: ColumnRoles.optional(),
  split: MakeSplits.optional(),
  maskClasses: MaskClassNames.optional(),
};

/** The JSON body of `POST /v1/datasets`, for data that the server fetches itself or has: one of `url`, `catalog`, `path` and `upload`. */
export const FetchDataset = z
  .union([
    z.strictObject({
      ...jsonOptions,
      url: z
        .url({ protocol: /^(https?|s3)$/ })
        .max(2000)
        .describe('http(s) address of an archive, or `s3://bucket/key` where the operator allowed that bucket'),
    }),
    z.strictObject({ ...jsonOptions, catalog: CatalogName.describe('A public data set') }),
    z.strictObject({
      ...jsonOptions,
      path: z.string().min(1).max(4000).describe('A file or folder of the server, where allowed'),
    }),
    z.strictObject({ ...jsonOptions, upload: UploadId.describe('A file that came in parts, whole') }),
  ])
  .meta({ id: 'FetchDataset' });
export type FetchDataset = z.infer<typeof FetchDataset>;
export type FetchDatasetInput = z.input<typeof FetchDataset>;

export const DeleteDataset = z.strictObject({
  force: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Delete although jobs or models need it'),
});
export type DeleteDataset = z.infer<typeof DeleteDataset>;
