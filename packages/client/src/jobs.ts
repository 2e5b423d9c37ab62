import { Checkpoint, isTerminal, Job, JobEvent, type JobKind, type JobState, MetricColumns, pageOf } from '@scion/schema';
import { type FollowOptions, followJobEvents } from './job-events.ts';
import { pollUntil, type WaitOptions } from './poll.ts';
import type { CallOptions, Transport } from './transport.ts';

const JobPage = pageOf(Job);
const EventPage = pageOf(JobEvent);
const CheckpointPage = pageOf(Checkpoint);

/** The body of `POST /v1/jobs`. The server checks it; `methods()` and `backbones()` give the JSON Schemas of its parts. */
export type JobRequest = Readonly<Record<string, unknown>>;

export type JobFilter = { state?: JobState; kind?: JobKind; tag?: string; limit?: number; after?: string };

export type PageOptions = { limit?: number; after?: string };

export function createJobCalls(transport: Transport) {
  const pathOf = (id: string, rest = '') => `v1/jobs/${encodeURIComponent(id)}${rest}`;

  return {
    /** Submits a job. With an `idempotencyKey`, sending the same request again gives the job of the first time. */
    async create(
      request: JobRequest,
      { idempotencyKey, signal }: CallOptions & { idempotencyKey?: string | undefined } = {},
    ): Promise<Job> {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      return await transport.postJson(Job, 'v1/jobs', { json: request, headers, signal });
    },

    async get(id: string, options: CallOptions = {}): Promise<Job> {
      return await transport.getJson(Job, pathOf(id), options);
    },

    async list(filter: JobFilter = {}, options: CallOptions = {}) {
      return await transport.getJson(JobPage, 'v1/jobs', { ...options, query: filter });
    },

    /** Asks for an end. A queued job is cancelled at once, a running one within a step. */
    async cancel(id: string, options: CallOptions = {}): Promise<Job> {
      return await transport.getJson(Job, pathOf(id, '/cancel'), { ...options, method: 'POST' });
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

    /** What the trainer printed, of all attempts. */
    async logs(id: string, options: CallOptions = {}): Promise<string> {
      const response = await transport.send(pathOf(id, '/logs'), { ...options, headers: { accept: 'text/plain' } });
      return await response.text();
    },

    /** Waits until the job has ended: look at `state`, which is `succeeded`, `failed` or `cancelled`. */
    async waitFor(id: string, options: WaitOptions<Job> = {}): Promise<Job> {
      return await pollUntil({ transport, path: pathOf(id), schema: Job, isDone: (job) => isTerminal(job.state), options });
    },
  };
}
