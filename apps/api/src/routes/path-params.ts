import { CheckpointId, DatasetId, JobId, ModelId } from '@scion/schema';
import { z } from 'zod';

export const DatasetParams = z.strictObject({ id: DatasetId });
export const JobParams = z.strictObject({ id: JobId });
export const ModelParams = z.strictObject({ id: ModelId });
export const CheckpointParams = z.strictObject({ id: CheckpointId });
