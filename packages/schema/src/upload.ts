import { z } from 'zod';
import { DatasetId, UploadId } from './id.ts';

/** The body of `POST /v1/uploads`. */
export const CreateUpload = z
  .strictObject({
    fileName: z.string().min(1).max(255),
    sizeBytes: z.int().min(1).describe('Of the whole file'),
  })
  .meta({ id: 'CreateUpload' });
export type CreateUpload = z.infer<typeof CreateUpload>;

/** A large file on its way in, part by part: the parts come in any order, several at once, and again where one broke off. */
export const Upload = z
  .strictObject({
    id: UploadId,
    fileName: z.string(),
    sizeBytes: z.int(),
    partBytes: z.int().describe('Size of every part but the last: part `n` begins at byte `n * partBytes`'),
    parts: z.int().describe('How many parts there are; they are numbered from 0'),
    missing: z.array(z.int()).describe('Numbers of the parts that have not come, the first 10,000 of them'),
    receivedBytes: z.int(),
    dataset: DatasetId.nullable().describe('The data set that was made of it'),
    expiresAt: z.iso.datetime().describe('When it is forgotten'),
  })
  .meta({ id: 'Upload' });
export type Upload = z.infer<typeof Upload>;
