import { z } from 'zod';

/** How the tensors of a file became the parameters of a backbone. */
export const ImportReport = z
  .strictObject({
    format: z.enum(['safetensors', 'torch']),
    entry: z
      .string()
      .nullable()
      .describe('The entry of a PyTorch checkpoint that was read; null where the file is no more than that'),
    sha256: z.string().describe('Of the file'),
    loaded: z.int().describe('Parameters that the file gave'),
    missing: z.array(z.string()).describe('Parameters that the file lacks, which start as in a new network'),
    reshaped: z
      .array(z.strictObject({ name: z.string(), stored: z.array(z.int()), expected: z.array(z.int()) }))
      .describe('Parameters that the file holds in another shape, which start as in a new network'),
    unexpected: z.array(z.string()).describe('What else the file holds, by its names there: the head of its classes, counters'),
    converted: z
      .record(z.string(), z.int())
      .describe('How many parameters came in each type other than F32, in which all are kept'),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;

/** How a file of weights is read. */
export const importOptions = {
  inputShape: z
    .tuple([z.int().min(1).max(4096), z.int().min(1).max(4096), z.literal([1, 3])])
    .default([224, 224, 3])
    .describe('[height, width, channel] of the images that the weights were made for'),
  rename: z
    .record(z.string(), z.string())
    .default({})
    .describe('Beginnings of names in the file, and what stands for each: {"module.": ""} takes it away'),
  entry: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Entry of a PyTorch checkpoint that holds the tensors; null: state_dict, model or model_state_dict, if there is one',
    ),
  strict: z.boolean().default(true).describe('Refuse a file that lacks a parameter, or holds one in another shape'),
};
