import { z } from 'zod';

/** Which column of a table (CSV, JSONL, Parquet) plays which role. A role that is not given is guessed from names and values. */
export const ColumnRoles = z.strictObject({
  image: z.string().min(1).optional().describe('Holds a path inside the upload, base64, or the bytes of an image'),
  audio: z.string().min(1).optional().describe('The same of a recording; taken where no column holds images'),
  text: z.string().min(1).optional().describe('Holds a text; taken where no column holds images or recordings'),
  label: z.string().min(1).optional().describe('The class; several are separated by `|` or stand in a JSON list'),
  target: z.string().min(1).optional().describe('A number to predict, in place of a label'),
  split: z.string().min(1).optional().describe('`train`, `val` or `test`, row by row'),
  group: z.string().min(1).optional().describe('Rows of one group (a patient, a photo series) belong together'),
});
export type ColumnRoles = z.infer<typeof ColumnRoles>;

/**
 * What the parts of a file's name mean, without its ending: `{label}` and `{group}` stand for what they tell, `*` for anything, all
 * else for itself. `{label}_{group}_*` takes `7_jackson_32.wav` for the class 7 and the group jackson.
 */
export const NamePattern = z
  .string()
  .max(200)
  .regex(/\{(?:label|group)\}/, 'It names neither {label} nor {group}')
  .refine((pattern) => !/(?:\*|\})(?:\*|\{)/.test(pattern), 'Between two parts stands a text that separates them')
  .meta({ id: 'NamePattern' });
export type NamePattern = z.infer<typeof NamePattern>;

/** Names of the classes of pixels by their value in mask files: the first is of 0. Pixels of `unlabelled`, `void` and `ignore` count for nothing. */
export const MaskClassNames = z.array(z.string().min(1).max(200)).min(1).max(256);
export type MaskClassNames = z.infer<typeof MaskClassNames>;

/** What becomes of a record that cannot be used: it is left out and reported, or the whole data set is refused. */
export const BadRecordPolicy = z.enum(['skip', 'fail']);
export type BadRecordPolicy = z.infer<typeof BadRecordPolicy>;

/** How an upload is read. */
export const ReadOptions = z.strictObject({
  policy: BadRecordPolicy.default('skip').describe('`skip` leaves out records that cannot be used, `fail` refuses the data set'),
  columns: ColumnRoles.default({}).describe('Roles of the columns of tables, where they should not be guessed'),
  namePattern: NamePattern.optional().describe('What the names of files tell, in data sets of one file for each example'),
  maskClasses: MaskClassNames.optional().describe('Names of the classes of pixels, where masks come without a list of them'),
});
export type ReadOptions = z.infer<typeof ReadOptions>;
export type ReadOptionsInput = z.input<typeof ReadOptions>;
