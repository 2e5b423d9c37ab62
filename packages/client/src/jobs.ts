import {
  type BulkJobs,
  BulkResult,
  Checkpoint,
  type ExtendJob,
  isTerminal,
  Job,
  type JobAction,
  JobArtifact,
  JobEvent,
  type JobKind,
  JobList,
  type JobState,
  MetricColumns,
  pageOf,
  type RetryJob,
} from '@scion/schema';
import { type FollowOptions, followJobEvents } from './job-events.ts';
import { openBinary } from './open-binary.ts';
import { pollUntil, type WaitOptions } from './poll.ts';
import type { CallOptions, Transport } from './transport.ts';

/** Below the minute after which many a proxy gives a silent request up. */
const heldPollSeconds = 30;

const JobPage = pageOf(Job);
const EventPage = pageOf(JobEvent);
const CheckpointPage = pageOf(Checkpoint);
const ArtifactPage = pageOf(JobArtifact);

/** The body of `POST /v1/jobs`. The server checks it; `methods()` and `backbones()` give the JSON Schemas of its parts. */
export type JobRequest = Readonly<Record<string, unknown>>;

export type JobFilter = { state?: JobState; kind?: JobKind; tag?: string; limit?: number; after?: string };

export type PageOptions = { limit?: number; after?: string };

export function createJobCalls(transport: Transport) {
  const pathOf = (id: string, rest = '') => `v1/jobs/${encodeURIComponent(id)}${rest}`;

  const act = async (id: string, action: JobAction, options: CallOptions = {}): Promise<Job> =>
    await transport.getJson(Job, pathOf(id, `/${action}`), { ...options, method: 'POST' });

  return {
    /** Submits a job. With an `idempotencyKey`, sending the same request again gives the job of the first time. */
    async create(
      request: JobRequest,
      { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string | undefined } = {},
    ): Promise<Job> {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return await transport.postJson(Job, 'v1/jobs', { json: request, headers, signal });
    },

    /** Submits jobs that build on each other: `from.job` and `dependsOn` may hold the `as` of one before. All are accepted, or none. */
    async createChain(
      requests: readonly JobRequest[],
      { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string | undefined } = {},
    ): Promise<Job[]> {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      const json = { kind: 'chain', jobs: requests };
      return (await transport.postJson(JobList, 'v1/jobs', { json, headers, signal })).data;
    },

    /** Submits a job once more, with the changes of a JSON merge patch. */
    async clone(
      id: string,
      patch: JobRequest = {},
      { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string | undefined } = {},
    ): Promise<Job> {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return await transport.postJson(Job, pathOf(id, '/clone'), { json: patch, headers, signal });
    },

    /** Does one thing to many jobs. Does not throw for a job that refuses: its entry says why. */
    async bulk(request: BulkJobs, options: CallOptions = {}): Promise<BulkResult> {
      return await transport.postJson(BulkResult, 'v1/jobs/bulk', { ...options, json: request });
    },

    /** Moves a job that has ended to the trash. */
    async delete(id: string, options: CallOptions = {}): Promise<void> {
      await transport.send(pathOf(id), { ...options, method: 'DELETE' });
    },

    async get(id: string, options: CallOptions = {}): Promise<Job> {
      return await transport.getJson(Job, pathOf(id), options);
    },

    async list(filter: JobFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(JobPage, 'v1/jobs', { ...options, query: filter });
    },

    /** Frees the slot of the job and keeps a checkpoint; `resume` goes on from it. */
    pause: (id: string, options?: CallOptions) => act(id, 'pause', options),

    resume: (id: string, options?: CallOptions) => act(id, 'resume', options),

    /** Ends the job now, as succeeded, with a model of what it has trained. */
    stop: (id: string, options?: CallOptions) => act(id, 'stop', options),

    /** Asks for an end. A queued job is cancelled at once, a running one within a step. */
    cancel: (id: string, options?: CallOptions) => act(id, 'cancel', options),

    /** Runs a job again that failed or was cancelled: from its newest checkpoint, or from its start. */
    async retry(id: string, { from, signal }: CallOptions & Partial<RetryJob> = {}): Promise<Job> {
      return await transport.postJson(Job, pathOf(id, '/retry'), { json: from === undefined ? {} : { from }, signal });
    },

    /** Trains a job that has succeeded on, until so many epochs in all. */
    async extend(id: string, { epochs, signal }: CallOptions & { epochs: number }): Promise<Job> {
      return await transport.postJson(Job, pathOf(id, '/extend'), { json: { training: { epochs } } satisfies ExtendJob, signal });
    },

    /** Follows the job until it ends: `for await (const event of client.jobs.events(id))`. */
    events(id: string, options: FollowOptions = {}): AsyncGenerator<JobEvent> {
      return followJobEvents(transport, pathOf(id, '/events'), options);
    },

    async listEvents(id: string, page: PageOptions = {}, options: CallOptions = {}) {
      return await transport.getJson(EventPage, pathOf(id, '/events'), { ...options, query: page });
    },

    /** The metric series, as columns; `every` keeps one point in so many. */
    async metrics(id: string, query: { every?: number } = {}, options: CallOptions = {}): Promise<MetricColumns> {
      return await transport.getJson(MetricColumns, pathOf(id, '/metrics'), { ...options, query });
    },

    async checkpoints(id: string, page: PageOptions = {}, options: CallOptions = {}) {
      return await transport.getJson(CheckpointPage, pathOf(id, '/checkpoints'), { ...options, query: page });
    },

    /** Maps and sheets of the job to look at, those of the latest step first. */
    async artifacts(id: string, page: PageOptions = {}, options: CallOptions = {}) {
      return await transport.getJson(ArtifactPage, pathOf(id, '/artifacts'), { ...options, query: page });
    },

    /** The bytes of one of them; their SHA-256 is the `sha256` of its record. */
    async downloadArtifact(id: string, name: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
      return await openBinary(transport, pathOf(id, `/artifacts/${encodeURIComponent(name)}`), options);
    },

    /** What the trainer printed, of all attempts. */
    async logs(id: string, options: CallOptions = {}): Promise<string> {
      const response = await transport.send(pathOf(id, '/logs'), { ...options, headers: { accept: 'text/plain' } });
      return await response.text();
    },

    /**
     * Waits until the job has ended: look at `state`, which is `succeeded`, `failed` or `cancelled`. The server holds each poll until
     * the job changes.
     */
    async waitFor(id: string, options: WaitOptions<Job> = {}): Promise<Job> {
      const path = pathOf(id, `?wait=${heldPollSeconds}`);
      const paced = { pollMs: 200, ...options };
      return await pollUntil({ transport, path, schema: Job, isDone: (job) => isTerminal(job.state), options: paced });
    },
  };
}
