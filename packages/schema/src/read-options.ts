import { z } from 'zod';

/** Which column of a table (CSV, JSONL, Parquet) plays which role. A role that is not given is guessed from names and values. */
export const ColumnRoles = z.strictObject({
  image: z.string().min(1).optional().describe('Holds a path inside the upload, base64, or the bytes of an image'),
  label: z.string().min(1).optional(),
  split: z.string().min(1).optional().describe('`train`, `val` or `test`, row by row'),
  group: z.string().min(1).optional().describe('Rows of one group (a patient, a photo series) belong together'),
});
export type ColumnRoles = z.infer<typeof ColumnRoles>;

/** What becomes of a record that cannot be used: it is left out and reported, or the whole data set is refused. */
export const BadRecordPolicy = z.enum(['skip', 'fail']);
export type BadRecordPolicy = z.infer<typeof BadRecordPolicy>;

/** How an upload is read. */
export const ReadOptions = z.strictObject({
  policy: BadRecordPolicy.default('skip').describe('`skip` leaves out records that cannot be used, `fail` refuses the data set'),
  columns: ColumnRoles.default({}).describe('Roles of the columns of tables, where they should not be guessed'),
});
export type ReadOptions = z.infer<typeof ReadOptions>;
export type ReadOptionsInput = z.input<typeof ReadOptions>;
