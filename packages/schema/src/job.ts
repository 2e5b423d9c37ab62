import { z } from 'zod';
import { ApiKeyId, CheckpointId, DatasetId, JobId, ModelId } from './id.ts';
import { PageQuery } from './page.ts';

export const JobKind = z.enum(['pretrain', 'finetune']);
export type JobKind = z.infer<typeof JobKind>;

export const JobState = z.enum(['blocked', 'queued', 'running', 'retrying', 'paused', 'succeeded', 'failed', 'cancelled']);
export type JobState = z.infer<typeof JobState>;

export const terminalStates = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly JobState[];

export function isTerminal(state: JobState): boolean {
  return (terminalStates as readonly JobState[]).includes(state);
}

/** A labelled subset of a split, drawn with `seed`. The other examples of the split count as unlabelled. */
export const LabelSelection = z
  .strictObject({
    perClass: z.int().min(1).optional().describe('This many labelled examples of each class'),
    count: z.int().min(1).optional().describe('This many labelled examples in all, as even over the classes as possible'),
    fraction: z.number().gt(0).max(1).optional().describe('This share of the labelled examples of each class'),
    seed: z.int().min(0).default(0),
  })
  .refine((labels) => [labels.perClass, labels.count, labels.fraction].filter((n) => n !== undefined).length === 1, {
    message: 'Give exactly one of perClass, count and fraction',
  });
export type LabelSelection = z.infer<typeof LabelSelection>;

export const DatasetSelection = z.strictObject({
  id: DatasetId,
  split: z.string().min(1).default('train'),
  labels: LabelSelection.optional(),
});
export type DatasetSelection = z.infer<typeof DatasetSelection>;

/** Where to measure; null for nowhere. Left out, the split `test` (else `val`) is used if the data set has it. */
export const Evaluation = z.strictObject({
  split: z.string().min(1),
  everyEpochs: z.int().min(1).default(1),
  artifactsEveryEpochs: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'How often a pretraining without labels draws a map of its features, their nearest neighbours and reconstructions; null: at its end',
    ),
});
export type Evaluation = z.infer<typeof Evaluation>;

export const CheckpointPolicy = z.strictObject({
  everyEpochs: z.int().min(1).nullable().default(1),
  everySteps: z.int().min(1).nullable().default(null),
  keep: z.int().min(1).max(1000).default(3).describe('How many of the newest checkpoints stay'),
  keepBest: z
    .strictObject({
      metric: z.string().min(1).max(200).describe('Such as `test/accuracy`; of a name that ends in `loss` the lowest is best'),
      count: z.int().min(1).max(1000).default(1),
    })
    .nullable()
    .default(null)
    .describe('So many with the best values of a metric stay, too'),
  keepEveryEpochs: z.int().min(1).nullable().default(null).describe('Those after every so many epochs stay, too'),
});
export type CheckpointPolicy = z.infer<typeof CheckpointPolicy>;

/** What becomes of a job whose loss is no longer a number. */
export const DivergencePolicy = z.strictObject({
  retries: z.int().min(0).max(20).default(0).describe('How often it is tried again, from its newest checkpoint, before it fails'),
  learningRateFactor: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .describe('What the learning rate of the optimizer is multiplied by, each time'),
});
export type DivergencePolicy = z.infer<typeof DivergencePolicy>;

/** The fields that jobs of every kind share, beside those that the trainer's catalogue adds. */
export const jobFields = {
  name: z.string().min(1).max(200).optional(),
  dataset: DatasetSelection,
  evaluate: Evaluation.nullable().optional(),
  checkpoint: CheckpointPolicy.prefault({}),
  tags: z.array(z.string().min(1).max(64)).max(20).default([]),
  priority: z.int().min(-1000).max(1000).default(0).describe('Jobs of higher priority start first'),
  dependsOn: z.array(JobId).max(50).default([]).describe('Jobs that must succeed before this one starts'),
  maxRestarts: z.int().min(0).max(1000).default(3).describe('How often a dead attempt is retried'),
  onDivergence: DivergencePolicy.prefault({}),
  deadlineMinutes: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Minutes until the job is ended, from its creation or from the last time that it was retried or extended'),
};

/** Parameters that a job can start from. */
export const TrainedSource = z.union([
  z.strictObject({ job: JobId }).describe('The model that this job made or will make'),
  z.strictObject({ model: ModelId }),
  z.strictObject({ checkpoint: CheckpointId }),
]);
export type TrainedSource = z.infer<typeof TrainedSource>;

/** What a finetune starts from. `Backbone` is the trainer's union of backbones. */
export function finetuneSource<Backbone extends z.ZodType>(backbone: Backbone) {
  return z.union([
    ...TrainedSource.options,
    z.strictObject({ scratch: z.strictObject({ backbone }) }).describe('Freshly initialised parameters'),
  ]);
}

/**
 * A spec as everything but the trainer sees it: the fields that decide scheduling, the rest carried along. The trainer parses
 * the whole, strictly, with its catalogue.
 */
export const JobSpec = z.looseObject({
  kind: JobKind,
  name: z.string(),
  dataset: DatasetSelection,
  from: finetuneSource(z.looseObject({ type: z.string() })).optional(),
  method: z.looseObject({ type: z.string(), teacher: z.strictObject({ model: ModelId }).optional() }),
  evaluate: Evaluation.nullable(),
  checkpoint: CheckpointPolicy,
  tags: z.array(z.string()),
  priority: z.int(),
  dependsOn: z.array(JobId),
  maxRestarts: z.int(),
  onDivergence: DivergencePolicy,
  deadlineMinutes: z.number().nullable(),
});
export type JobSpec = z.infer<typeof JobSpec>;

export const JobProgress = z.strictObject({
  epoch: z.number().describe('Epochs finished'),
  epochs: z.number(),
  step: z.int().describe('Optimizer steps finished'),
  steps: z.int(),
  fraction: z.number().min(0).max(1),
  etaSeconds: z.number().nullable(),
  imagesPerSecond: z.number().nullable(),
});
export type JobProgress = z.infer<typeof JobProgress>;

export const JobMetrics = z.strictObject({
  latest: z.record(z.string(), z.number()),
  best: z.record(z.string(), z.number()).describe('Lowest for losses, highest for all else'),
});
export type JobMetrics = z.infer<typeof JobMetrics>;

export const JobResult = z.strictObject({
  model: ModelId,
  metrics: z.record(z.string(), z.number()).describe('Of the final parameters; of a stopped run, as last measured'),
  stoppedAt: z
    .strictObject({ step: z.int(), epoch: z.number() })
    .nullable()
    .describe('Where `stop` ended the run; null where it came to its end'),
});
export type JobResult = z.infer<typeof JobResult>;

export const JobError = z.strictObject({
  code: z.string(),
  message: z.string(),
  retriable: z.boolean(),
  logTail: z.array(z.string()).describe("The trainer's last log lines"),
});
export type JobError = z.infer<typeof JobError>;

/** `keep` is what `stop` asks for, `deadline` what the clock does. */
export const StopRequest = z.enum(['pause', 'keep', 'deadline', 'cancel']);
export type StopRequest = z.infer<typeof StopRequest>;

export const Job = z
  .strictObject({
    id: JobId,
    kind: JobKind,
    project: z.string(),
    owner: ApiKeyId.nullable().describe('The key that it was made with; null for none'),
    name: z.string(),
    state: JobState,
    spec: JobSpec.describe('As it runs: every default filled in'),
    attempt: z.int().describe('0 before the first attempt'),
    progress: JobProgress,
    metrics: JobMetrics,
    result: JobResult.nullable(),
    error: JobError.nullable(),
    queue: z.strictObject({ position: z.int(), expectedStartAt: z.iso.datetime().nullable() }).nullable(),
    stopRequested: StopRequest.nullable().describe('What ends the attempt that runs, or the wait for it'),
    nextTryAt: z.iso.datetime().nullable().describe('When the next attempt may start; null for at once'),
    tags: z.array(z.string()),
    priority: z.int(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

export const ListJobs = PageQuery.extend({
  state: JobState.optional(),
  kind: JobKind.optional(),
  tag: z.string().max(64).optional(),
});
export type ListJobs = z.infer<typeof ListJobs>;
