import { importOptions, jsonField } from '@scion/schema';
import { z } from 'zod';
import { BackboneConfig } from '../models/index.ts';

const backbone = BackboneConfig.describe('The backbone that the weights are of');
const name = z.string().min(1).max(200).optional();
const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .describe('http(s) address of a safetensors or PyTorch file (.pt, .pth)');

/** What a file of weights becomes, and how it is read. */
export const ImportSettings = z.strictObject({ backbone, ...importOptions });
export type ImportSettings = z.infer<typeof ImportSettings>;

/** Weights that the server fetches: `import` of a finetune's `from`. */
export const ImportSource = ImportSettings.extend({ url });
export type ImportSource = z.infer<typeof ImportSource>;

/** The JSON body of `POST /v1/models`. */
export const ImportModel = ImportSource.extend({ name }).meta({ id: 'ImportModel' });
export type ImportModel = z.infer<typeof ImportModel>;

/** The fields of the multipart `POST /v1/models` beside the file. */
export const ImportModelFields = z.strictObject({
  name,
  backbone: jsonField(backbone, { type: 'resnet18', stem: 'imagenet' }),
  inputShape: jsonField(importOptions.inputShape, [224, 224, 3]).optional(),
  rename: jsonField(importOptions.rename, { 'module.': '' }).optional(),
  entry: importOptions.entry.optional(),
  strict: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('`true` (the default): refuse a file that lacks a parameter, or holds one in another shape'),
});
export type ImportModelFields = z.infer<typeof ImportModelFields>;
