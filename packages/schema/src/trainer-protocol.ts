import { z } from 'zod';
import { EventLevel, EventType } from './event.ts';
import { CheckpointId, JobId, ModelId } from './id.ts';
import { JobProgress, JobSpec } from './job.ts';
import { JobArtifact } from './job-artifact.ts';
import { Prediction } from './model.ts';

/** A set of parameters in the artifact store, and the hash that it must have. */
export const ParameterSource = z.strictObject({
  key: z.string().describe('Folder of the artifact store that holds `manifest.json`'),
  id: z.union([CheckpointId, ModelId]),
});
export type ParameterSource = z.infer<typeof ParameterSource>;

/** All that a trainer process needs to run one attempt of one job. */
export const TrainRun = z.strictObject({
  job: JobId,
  attempt: z.int().min(1),
  spec: JobSpec,
  dataset: z.strictObject({
    key: z.string().describe('Folder of the artifact store that holds the packed form'),
    sha256: z.string(),
  }),
  from: ParameterSource.nullable().describe('What the backbone starts from; null where nothing was trained before'),
  teacher: ParameterSource.optional().describe('The model that `method.teacher` names'),
  resumeFrom: z.array(ParameterSource).describe("The run's own checkpoints, newest first; the first intact one is used"),
  artifactsUrl: z.string(),
  threads: z.int().min(1).nullable(),
});
export type TrainRun = z.infer<typeof TrainRun>;

/** What a trainer reports while it runs. A supervisor writes each down under the attempt's number. */
export const TrainerReport = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('event'),
    event: EventType,
    level: EventLevel,
    message: z.string(),
    data: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({
    type: z.literal('progress'),
    progress: JobProgress,
    metrics: z.array(z.strictObject({ step: z.int(), name: z.string(), value: z.number() })),
  }),
  z.strictObject({
    type: z.literal('checkpoint'),
    id: CheckpointId,
    key: z.string(),
    epoch: z.number(),
    step: z.int(),
    metrics: z.record(z.string(), z.number()),
    sizeBytes: z.int(),
    sha256: z.string(),
  }),
  z.strictObject({
    type: z.literal('model'),
    id: ModelId,
    key: z.string(),
    backbone: z.looseObject({ type: z.string() }),
    inputShape: z.array(z.int()),
    classNames: z.array(z.string()),
    parameterCount: z.int(),
    metrics: z.record(z.string(), z.number()),
    sizeBytes: z.int(),
    sha256: z.string(),
  }),
  JobArtifact.omit({ job: true, createdAt: true, url: true }).extend({ type: z.literal('artifact') }),
]);
export type TrainerReport = z.infer<typeof TrainerReport>;

/**
 * Why a run is asked to stop. `cancel` ends it at once; `drain` and `pause` save a checkpoint first; `keep` saves a checkpoint and
 * makes a model of what is trained.
 */
export const StopReason = z.enum(['cancel', 'drain', 'pause', 'keep']);
export type StopReason = z.infer<typeof StopReason>;

/** Supervisor to trainer. */
export const TrainerCommand = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), run: TrainRun }),
  z.strictObject({ type: z.literal('stop'), reason: StopReason }),
]);
export type TrainerCommand = z.infer<typeof TrainerCommand>;

/** How an attempt ended, as the trainer tells it. `stopped` answers a stop command, but for `keep`: that is a success, `stoppedAt` a step. */
export const TrainerOutcome = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('succeeded'),
    model: ModelId,
    metrics: z.record(z.string(), z.number()),
    stoppedAt: z.strictObject({ step: z.int(), epoch: z.number() }).optional(),
  }),
  z.strictObject({ type: z.literal('stopped'), reason: StopReason }),
  z.strictObject({ type: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type TrainerOutcome = z.infer<typeof TrainerOutcome>;

/** Trainer to supervisor. `ready` comes once, when the process can take a `start`; `outcome` is the last message. */
export const TrainerMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({ type: z.literal('report'), report: TrainerReport }),
  z.strictObject({ type: z.literal('outcome'), outcome: TrainerOutcome }),
]);
export type TrainerMessage = z.infer<typeof TrainerMessage>;

/** API to predictor process. */
export const PredictorRequest = z.strictObject({
  id: z.int(),
  artifactsUrl: z.string(),
  model: ParameterSource,
  images: z.array(z.base64()),
  topK: z.int(),
});
export type PredictorRequest = z.infer<typeof PredictorRequest>;

/** Predictor process to API; `index` of an error names the input that it is about. */
export const PredictorResponse = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('predictions'),
    id: z.int(),
    predictions: z.array(Prediction),
  }),
  z.strictObject({ type: z.literal('error'), id: z.int(), code: z.string(), message: z.string(), index: z.int().nullable() }),
]);
export type PredictorResponse = z.infer<typeof PredictorResponse>;
