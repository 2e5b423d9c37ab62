import { z } from 'zod';
import { CheckpointId, JobId } from './id.ts';

export const Checkpoint = z
  .strictObject({
    id: CheckpointId,
    job: JobId,
    attempt: z.int(),
    epoch: z.number().describe('Epochs finished; a fraction in mid-epoch'),
    step: z.int(),
    metrics: z.record(z.string(), z.number()),
    sizeBytes: z.int().describe('Of all files of the checkpoint'),
    sha256: z.string().describe('Of the parameters file that `url` serves'),
    createdAt: z.iso.datetime(),
    url: z.string().describe('Path that serves the parameters as safetensors'),
  })
  .meta({ id: 'Checkpoint' });
export type Checkpoint = z.infer<typeof Checkpoint>;
