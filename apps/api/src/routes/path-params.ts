import { ApiKeyId, CheckpointId, DatasetId, JobId, ModelId, UploadId } from '@scion/schema';
import { z } from 'zod';

export const DatasetParams = z.strictObject({ id: DatasetId });
export const JobParams = z.strictObject({ id: JobId });
export const ModelParams = z.strictObject({ id: ModelId });
export const CheckpointParams = z.strictObject({ id: CheckpointId });
export const KeyParams = z.strictObject({ id: ApiKeyId });
export const UploadParams = z.strictObject({ id: UploadId });
export const PartParams = UploadParams.extend({ part: z.coerce.number().int().min(0).max(9_999_999) });
