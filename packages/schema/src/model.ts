import { z } from 'zod';
import { ApiKeyId, DatasetId, JobId, ModelId } from './id.ts';
import { ImportReport } from './model-import.ts';
import { PageQuery } from './page.ts';

export const Model = z
  .strictObject({
    id: ModelId,
    name: z.string(),
    project: z.string(),
    owner: ApiKeyId.nullable().describe('The key that it was made with; null for none'),
    job: JobId.nullable().describe('null for an imported one'),
    kind: z.enum(['pretrain', 'finetune', 'import']),
    backbone: z.looseObject({ type: z.string() }).describe('The backbone as configured, every default filled in'),
    method: z.string().nullable().describe('null for an imported one'),
    inputShape: z.array(z.int()).describe('[height, width, channel] that the network takes; images are brought to it'),
    classNames: z.array(z.string()),
    parameterCount: z.int(),
    metrics: z.record(z.string(), z.number()),
    dataset: DatasetId.nullable().describe('null for an imported one'),
    datasetSha256: z.string().nullable(),
    sizeBytes: z.int(),
    sha256: z.string().describe('Of the parameters file'),
    import: ImportReport.nullable().describe('How an imported model came about; null for what a job trained'),
    createdAt: z.iso.datetime(),
    url: z.string().describe('Path that serves the parameters as safetensors'),
  })
  .meta({ id: 'Model' });
export type Model = z.infer<typeof Model>;

export const ListModels = PageQuery.extend({ job: JobId.optional() });
export type ListModels = z.infer<typeof ListModels>;

export const PredictRequest = z
  .strictObject({
    inputs: z
      .array(z.strictObject({ image: z.base64().describe('An encoded image (JPEG, PNG, WebP, GIF), in base64') }))
      .min(1)
      .max(256),
    topK: z.int().min(1).max(1000).default(5),
  })
  .meta({ id: 'PredictRequest' });
export type PredictRequest = z.infer<typeof PredictRequest>;

const ClassPrediction = z
  .strictObject({
    label: z.string(),
    score: z.number().describe('Softmax probability of `label`'),
    top: z.array(z.strictObject({ label: z.string(), score: z.number() })),
  })
  .describe('Of a model that tells one class for each example');

const ClassesPrediction = z
  .strictObject({
    labels: z.array(z.string()).describe('Classes whose score reaches the threshold of the task'),
    scores: z.record(z.string(), z.number()).describe('Probability of each class'),
  })
  .describe('Of a model that tells any number of classes for each example');

const NumberPrediction = z.strictObject({ value: z.number() }).describe('Of a model that tells a number for each example');

/** What a model tells of one input: by the task that it learnt. */
export const Prediction = z.union([ClassPrediction, ClassesPrediction, NumberPrediction]);
export type Prediction = z.infer<typeof Prediction>;

export const PredictResponse = z.strictObject({ predictions: z.array(Prediction) }).meta({ id: 'PredictResponse' });
export type PredictResponse = z.infer<typeof PredictResponse>;
