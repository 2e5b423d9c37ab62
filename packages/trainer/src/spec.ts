import { finetuneSource, JobKind, jobFields, TrainedSource } from '@scion/schema';
import { z } from 'zod';
import { augmentations } from './augment/index.ts';
import { constraints } from './constraints/index.ts';
import { ImportSource } from './import/import-settings.ts';
import { autoMethod } from './methods/auto-method.ts';
import { finetuneMethods } from './methods/finetune/index.ts';
import { pretrainMethods } from './methods/pretrain/index.ts';
import { BackboneConfig } from './models/index.ts';
import { MovingAverage } from './moving-average.ts';
import { optimizers } from './optimizers/index.ts';
import { ParameterGroup } from './parameter-groups.ts';
import { unionOf } from './registry.ts';
import { regularizers } from './regularizers/index.ts';
import { SharpnessAware } from './run/sharpness-aware.ts';
import { schedules } from './schedules/index.ts';
import { StopEarly } from './stop-early.ts';
import { tasks } from './tasks/index.ts';

export const Augment = z.array(unionOf(augmentations)).max(50);

const Precision = z
  .enum(['auto', 'float32', 'bfloat16', 'float16'])
  .describe(
    'What convolutions and matrix products compute in; parameters, losses and statistics are float32. float16, for GPUs without bfloat16, scales the loss by itself and reports train/lossScale. `auto`: the trainer measures at the start, and its event `run.prepared` says which it took and why',
  );

const Optimizer = unionOf(optimizers);
const Schedule = unionOf(schedules);

/** How long, in which steps and by which rule a job trains. */
export const Training = z.strictObject({
  epochs: z.int().min(1).max(1_000_000).default(10).describe('Passes over the data, or rounds of stepsPerEpoch steps'),
  batchSize: z.int().min(1).max(65_536).default(100).describe('Examples of a forward and backward pass'),
  stepsPerEpoch: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Steps in an epoch, of full batches drawn from endless reshuffled passes; null: one pass over the data, the last batch may be smaller',
    ),
  sampling: z
    .enum(['shuffle', 'classBalanced'])
    .default('shuffle')
    .describe(
      '`shuffle`: each example as often as any other; `classBalanced`: each class as often as any other, in full batches, so that rare ones are repeated',
    ),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0)
    .describe('What all random numbers of the run are drawn by'),
  precision: Precision.default('auto'),
  optimizer: Optimizer.optional().describe("One of the catalogue’s optimizers. Left out: the method's own, else `sgd`"),
  schedule: Schedule.optional().describe(
    "How the learning rate goes over the steps: one of the catalogue’s schedules. Left out: the method's own, else `constant`",
  ),
  regularizers: z
    .array(unionOf(regularizers))
    .max(10)
    .refine((terms) => new Set(terms.map(({ type }) => type)).size === terms.length, { message: 'Give each regularizer once' })
    .default([])
    .describe(
      'Penalties λ·R(θ) on the weights, added to the loss: of the catalogue’s regularizers; each is reported as `train/regularizer.` and its name',
    ),
  constraints: z
    .array(unionOf(constraints))
    .max(10)
    .refine((terms) => new Set(terms.map(({ type }) => type)).size === terms.length, { message: 'Give each constraint once' })
    .default([])
    .describe(
      'What is asked of the predictions, as terms μ·C(θ; task) added to the loss: of the catalogue’s constraints, for methods that predict classes; each is reported as `train/constraint.` and its name',
    ),
  parameterGroups: z
    .array(ParameterGroup)
    .max(100)
    .default([])
    .describe('Other settings for some of the parameters: the first group that matches a name counts'),
  clipNorm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Largest norm of all gradients together (Pascanu et al., 2013); reported as train/gradientNorm. null: as they are'),
  accumulate: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe(
      'Batches of batchSize that make one optimizer step; a step counts each example alike, also where the last of its batches is smaller',
    ),
  devices: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe(
      'GPUs that share each batch in equal parts, whose gradients are averaged; normalisation and contrastive losses see one part at a time. With fewer GPUs the parts take turns',
    ),
  stopEarly: StopEarly.nullable()
    .default(null)
    .describe(
      'End once a metric no longer gets better, and keep the model of its best epoch. null: train to the end, keep the last',
    ),
  maxMinutes: z
    .number()
    .positive()
    .max(100_000)
    .nullable()
    .default(null)
    .describe(
      'Time to train in: the trainer measures its first steps, plans as many epochs as fit, in place of `epochs`, and says so in the event `run.planned`; the schedule ends with them',
    ),
  sharpnessAware: SharpnessAware.nullable()
    .default(null)
    .describe(
      'Sharpness-aware minimisation (Foret et al., 2021): each step goes by the gradient a little way up the loss, for parameters around which it is low. Twice the work. null: not',
    ),
  ema: MovingAverage.nullable()
    .default(null)
    .describe('Let the model be an average of the parameters over the steps: it is what is evaluated and saved'),
});

export const TaskConfig = unionOf(tasks);

const shared = {
  ...jobFields,
  task: TaskConfig.optional().describe(
    'What to learn of labels: one of the catalogue’s tasks. Left out: by what the examples are labelled with',
  ),
  training: Training.prefault({}),
  augment: Augment.optional().describe(
    "Applied in order to images in [0, 1]. Left out: of a pretrain the method's own; else that of the model it starts from; else none",
  ),
};

/** What a finetune starts from once weights that it named are imported. */
const JobSource = finetuneSource(BackboneConfig);

const Imported = z
  .strictObject({ import: ImportSource })
  .describe('Weights that are imported first; the job then starts from the model that they become');

export const CreatePretrain = z
  .strictObject({
    kind: z.literal('pretrain'),
    ...shared,
    from: z
      .union([...TrainedSource.options, Imported])
      .optional()
      .describe('A backbone to train on, in place of a new one'),
    backbone: BackboneConfig.optional().describe('The backbone to train. Left out where `from` gives one'),
    method: unionOf([...pretrainMethods, autoMethod]),
  })
  .meta({ id: 'CreatePretrain' });

export const CreateFinetune = z
  .strictObject({
    kind: z.literal('finetune'),
    ...shared,
    from: z.union([...JobSource.options, Imported]),
    method: unionOf(finetuneMethods),
  })
  .meta({ id: 'CreateFinetune' });

/** The body of `POST /v1/jobs`. */
export const CreateJob = z.discriminatedUnion('kind', [CreatePretrain, CreateFinetune]).meta({ id: 'CreateJob' });
export type CreateJob = z.infer<typeof CreateJob>;

/** A teacher as a resolved spec keeps it: how to build its network again. */
const ResolvedTeacher = z.strictObject({
  backbone: BackboneConfig,
  inputShape: z.tuple([z.int(), z.int(), z.int()]),
  augment: Augment,
  classNames: z.array(z.string()),
  trainedBy: z
    .strictObject({ kind: JobKind, method: z.looseObject({ type: z.string() }) })
    .nullable()
    .describe('null where it gives no scores of classes'),
});
export type ResolvedTeacher = z.infer<typeof ResolvedTeacher>;

const ResolvedTraining = Training.extend({ optimizer: Optimizer, schedule: Schedule });

/** What `resolveSpec` fills in: all but the precision, which depends on the machine that trains. */
const resolved = {
  name: z.string().min(1),
  task: TaskConfig.default({ type: 'single-label' }),
  training: ResolvedTraining,
  evaluate: jobFields.evaluate.unwrap(),
  augment: Augment,
  backbone: BackboneConfig,
  inputShape: z.tuple([z.int(), z.int(), z.int()]).describe('[height, width, channel] that the backbone sees'),
  teacher: ResolvedTeacher.optional().describe('What `method.teacher` names'),
  methodReason: z.string().optional().describe('Why `auto` took the method'),
};

/** A pretrain once weights that it named are imported, and its method is chosen. */
const resolvedPretrain = { from: TrainedSource.optional(), method: unionOf(pretrainMethods) };

export const ResolvedSpec = z.discriminatedUnion('kind', [
  CreatePretrain.extend({ ...resolved, ...resolvedPretrain }),
  CreateFinetune.extend({ ...resolved, from: JobSource }),
]);
export type ResolvedSpec = z.infer<typeof ResolvedSpec>;

/** A resolved spec with the precision that the trainer took. */
const trained = { ...resolved, training: ResolvedTraining.extend({ precision: Precision.exclude(['auto']) }) };

export const TrainedSpec = z.discriminatedUnion('kind', [
  CreatePretrain.extend({ ...trained, ...resolvedPretrain }),
  CreateFinetune.extend({ ...trained, from: JobSource }),
]);
export type TrainedSpec = z.infer<typeof TrainedSpec>;
