import { z } from 'zod';

/** One thing that a job can ask for (a method, a backbone, an augmentation, …), and the JSON Schema of its settings. */
export const CatalogueEntry = z
  .strictObject({
    id: z.string().describe('The value of `type` in a job'),
    summary: z.string(),
    paper: z.string().nullable().describe('Where the method was published'),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema (draft 2020-12) of its settings, `type` included'),
  })
  .meta({ id: 'CatalogueEntry' });
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

export const MethodEntry = CatalogueEntry.extend({ kind: z.enum(['pretrain', 'finetune']) }).meta({ id: 'MethodEntry' });
export type MethodEntry = z.infer<typeof MethodEntry>;

/** What `GET /v1/methods` answers: the methods, and the other parts that a job of any method is put together from. */
export const MethodCatalogue = z
  .strictObject({
    data: z.array(MethodEntry),
    tasks: z.array(CatalogueEntry),
    augmentations: z.array(CatalogueEntry),
    optimizers: z.array(CatalogueEntry),
    schedules: z.array(CatalogueEntry),
    constraints: z.array(CatalogueEntry),
    regularizers: z.array(CatalogueEntry),
  })
  .meta({ id: 'MethodCatalogue' });
export type MethodCatalogue = z.infer<typeof MethodCatalogue>;

export const BackboneCatalogue = z.strictObject({ data: z.array(CatalogueEntry) }).meta({ id: 'BackboneCatalogue' });
export type BackboneCatalogue = z.infer<typeof BackboneCatalogue>;
