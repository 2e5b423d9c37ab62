import { ScionError } from '@scion/schema';
import {
  type ConnectionOptions,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  DelayedError,
  type JobType,
  type PgPool,
  Queue,
  runMigrations,
  WaitingError,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { openPool } from '../database/database.ts';
import type { ConsumeOptions, QueueEntry, WorkKind, WorkQueue } from './work-queue.ts';

export type QueueOptions = {
  /** `redis://…`; without it the queue lives in the database. */
  redisUrl?: string | undefined;
  databaseUrl: string;
  /** Keeps the queues of several servers (or tests) on one Redis apart. */
  prefix?: string;
  /** Hears of lost connections, which BullMQ repairs by itself, and of what handlers throw. */
  onError?: (error: Error) => void;
};

type EntryData = { id: string };
const kinds = ['job', 'dataset'] as const satisfies readonly WorkKind[];
const queueNames = { job: 'jobs', dataset: 'datasets' } as const satisfies Record<WorkKind, string>;
const answerWithinMs = 2000;

/** BullMQ starts low numbers first, and those without a number before all: 0 would overtake every priority. */
const lowestBullPriority = 2001;
const toBullPriority = (priority: number) => Math.min(Math.max(1001 - priority, 1), lowestBullPriority);

/**
 * A lock only keeps two consumers from looking at one entry at the same time, so losing one is harmless. `maxStalledCount` is out
 * of the way: whether a job that killed its workers is tried again is for its row in PostgreSQL to say.
 */
const workerSettings = {
  maxStalledCount: 1_000_000,
  lockDuration: 30_000,
  lockRenewTime: 10_000,
  stalledInterval: 5_000,
} as const satisfies Partial<WorkerOptions>;

/** Opens the queue: BullMQ on Redis when there is a `redisUrl`, else BullMQ on PostgreSQL, whose tables it creates where missing. */
export async function createQueue({
  redisUrl,
  databaseUrl,
  prefix = 'scion',
  onError = () => {},
}: QueueOptions): Promise<WorkQueue> {
  const connect = redisUrl === undefined ? await onPostgres(databaseUrl) : onRedis({ redisUrl, prefix });
  const queues = new Map<WorkKind, Queue<EntryData>>();
  for (const kind of kinds) {
    const queue = connect.queue(queueNames[kind]);
    queue.on('error', onError);
    queues.set(kind, queue);
  }
  const queueOf = (kind: WorkKind) => {
    const queue = queues.get(kind);
    if (!queue) throw new ScionError('internal', `There is no queue for ${kind}`);
    return queue;
  };
  const workers = new Set<Worker<EntryData>>();

  return {
    backend: redisUrl === undefined ? 'postgres' : 'redis',

    async add(kind, entries) {
      if (entries.length > 0) await inTime(queueOf(kind).addBulk(entries.map(toBulkEntry)));
    },

    async remove(kind, ids) {
      // An entry that is being handled is locked, and BullMQ says so by an error: its handler removes it.
      for (const id of ids) await inTime(queueOf(kind).remove(id)).catch(() => 0);
    },

    async entryIds(kind) {
      // In this order an entry that is taken between the two reads is in both, never in none.
      const waiting = await readIds(queueOf(kind), ['prioritized', 'waiting', 'delayed']);
      const active = await readIds(queueOf(kind), ['active']);
      return { waiting, active };
    },

    async counts(kind) {
      const counts = await inTime(queueOf(kind).getJobCounts('prioritized', 'waiting', 'delayed', 'active'));
      const { active = 0, ...waiting } = counts;
      return { active, waiting: Object.values(waiting).reduce((sum, n) => sum + n, 0) };
    },

    consume(kind, options) {
      const worker = startWorker(connect, kind, options);
      worker.on('error', onError);
      worker.on('failed', (_entry, error) => onError(error));
      workers.add(worker);
      return {
        close: async () => {
          await worker.close();
          workers.delete(worker);
        },
      };
    },

    async ping() {
      await inTime(queueOf('job').getJobCounts('active'));
    },

    async close() {
      await Promise.all([...workers].map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await connect.close();
    },
  };
}

type Entry = {
  data: EntryData;
  moveToWait(token?: string): Promise<number>;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
};
type Processor = (entry: Entry, token?: string) => Promise<void>;
type Connect = {
  queue(name: string): Queue<EntryData>;
  worker(name: string, options: Partial<WorkerOptions>, process: Processor): Worker<EntryData>;
  /** After all queues and workers are closed. */
  close(): Promise<void>;
};

async function readIds(queue: Queue<EntryData>, states: JobType[]): Promise<Set<string>> {
  const entries = await inTime(queue.getJobs(states));
  return new Set(entries.flatMap((entry) => (entry?.id === undefined ? [] : [entry.id])));
}

function startWorker(connect: Connect, kind: WorkKind, { concurrency, handle }: ConsumeOptions): Worker<EntryData> {
  return connect.worker(queueNames[kind], { ...workerSettings, concurrency }, async (entry, token) => {
    const result = await handle(entry.data.id);
    if (result === 'done') return;
    if (result === 'again') {
      await entry.moveToWait(token);
      throw new WaitingError();
    }
    await entry.moveToDelayed(Date.now() + result.againInMs, token);
    throw new DelayedError();
  });
}

function onRedis({ redisUrl, prefix }: { redisUrl: string; prefix: string }): Connect {
  // A producer fails fast while Redis is away; a consumer waits for it.
  const producer: ConnectionOptions = { url: redisUrl, enableOfflineQueue: false };
  const consumer: ConnectionOptions = { url: redisUrl, maxRetriesPerRequest: null };
  return {
    queue: (name) => new Queue<EntryData>(name, { connection: producer, prefix }),
    worker: (name, options, process) => new Worker<EntryData>(name, process, { ...options, connection: consumer, prefix }),
    close: async () => {},
  };
}

async function onPostgres(databaseUrl: string): Promise<Connect> {
  // BullMQ reads its tables from the schema that the connection's search path names. Each consumer keeps one connection to listen.
  const pool = openPool({
    connectionString: databaseUrl,
    max: 8,
    options: `-c search_path=${DEFAULT_SCHEMA}`,
    application_name: 'scion-queue',
  });
  const client = await pool.connect();
  try {
    await runMigrations(client, DEFAULT_SCHEMA);
  } finally {
    client.release();
  }
  const connection = pool as unknown as PgPool; // BullMQ writes the driver's types down anew, a little differently
  return {
    queue: (name) => new Queue(name, { connection }, createPostgresBackend) as unknown as Queue<EntryData>,
    worker: (name, options, process) =>
      new Worker(name, process, { ...options, connection } as never, createPostgresBackend) as unknown as Worker<EntryData>,
    close: () => pool.end(),
  };
}

function toBulkEntry({ id, priority }: QueueEntry) {
  return {
    name: 'run',
    data: { id },
    // The entry's own id is the record's, so adding twice is adding once. Nothing stays behind when it is handled.
    opts: { jobId: id, priority: toBullPriority(priority), removeOnComplete: true, removeOnFail: true },
  };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ScionError('unavailable', 'The queue does not answer')), answerWithinMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
