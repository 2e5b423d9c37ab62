import { BackboneCatalogue, Health, MethodCatalogue, pageOf, QueueStatus, Readiness, Worker } from '@scion/schema';
import { createDatasetCalls } from './datasets.ts';
import { createJobCalls } from './jobs.ts';
import { createKeyCalls } from './keys.ts';
import { createLimitCalls } from './limits.ts';
import { createCheckpointCalls, createModelCalls } from './models.ts';
import { type CallOptions, createTransport, type TransportOptions } from './transport.ts';
import { createTrashCalls } from './trash.ts';
import { createUploadCalls } from './uploads.ts';

const WorkerPage = pageOf(Worker);

export type ScionClient = ReturnType<typeof createClient>;

/**
 * A client of one Scion server; runs wherever `fetch` does. Answers are checked against the schemas of `@scion/schema`; a
 * refused request throws `ScionApiError`, an aborted one its signal's reason, an unreachable server a `TypeError`.
 */
export function createClient(options: TransportOptions) {
  const transport = createTransport(options);
  const uploads = createUploadCalls(transport);
  return {
    datasets: createDatasetCalls(transport, uploads),
    uploads,
    jobs: createJobCalls(transport),
    limits: createLimitCalls(transport),
    keys: createKeyCalls(transport),
    trash: createTrashCalls(transport),
    checkpoints: createCheckpointCalls(transport),
    models: createModelCalls(transport),
    methods: (call: CallOptions = {}) => transport.getJson(MethodCatalogue, 'v1/methods', call),
    backbones: (call: CallOptions = {}) => transport.getJson(BackboneCatalogue, 'v1/backbones', call),
    workers: (call: CallOptions = {}) => transport.getJson(WorkerPage, 'v1/workers', call),
    queue: (call: CallOptions = {}) => transport.getJson(QueueStatus, 'v1/queue', call),
    health: (call: CallOptions = {}) => transport.getJson(Health, 'healthz', call),
    /** Whether the server can take work. Does not throw for "unready". */
    async ready(call: CallOptions = {}): Promise<Readiness> {
      const response = await transport.fetchRaw('readyz', call);
      return Readiness.parse(await response.json());
    },
  };
}
