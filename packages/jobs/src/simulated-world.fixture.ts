import { type JobState, newId, ScionError, type TrainerReport } from '@scion/schema';
import { sql } from 'drizzle-orm';
import type { ClaimedAttempt } from './attempts/attempt-service.ts';
import { type Database, openDatabase } from './database/database.ts';
import type { WorkQueue } from './queue/work-queue.ts';
import { createServices, type Services } from './services.ts';

/** A queue in memory, of which entries can be lost. */
function createMemoryQueue(): WorkQueue {
  const entries = { job: new Set<string>(), dataset: new Set<string>() };
  return {
    backend: 'postgres',
    add: async (kind, added) => {
      for (const { id } of added) entries[kind].add(id);
    },
    remove: async (kind, ids) => {
      for (const id of ids) entries[kind].delete(id);
    },
    entryIds: async (kind) => ({ waiting: new Set(entries[kind]), active: new Set() }),
    counts: async (kind) => ({ waiting: entries[kind].size, active: 0 }),
    consume: () => ({ close: async () => {} }),
    ping: async () => {},
    close: async () => {},
  };
}

/** The real services on a real database whose clock stands still until it is moved, with a queue in memory. */
export type SimulatedWorld = {
  services: Services;
  queue: WorkQueue;
  database: Database;
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
};

/** Functions of the schema `simulated` are found before PostgreSQL's own, by all that names them without a schema. */
export async function openSimulatedWorld(url: string): Promise<SimulatedWorld> {
  const setUp = openDatabase(url);
  await setUp.pool.query(`
    create schema simulated;
    create table simulated.clock as select clock_timestamp() as now;
    create function simulated.clock_timestamp() returns timestamptz language sql volatile as 'select now from simulated.clock';
    create function simulated.random() returns float8 language sql volatile as 'select 0.5::float8';
    alter table jobs alter column created_at set default simulated.clock_timestamp();
    alter table checkpoints alter column created_at set default simulated.clock_timestamp()`);
  await setUp.close();
  const simulated = new URL(url);
  simulated.searchParams.set('options', '-c search_path=simulated,pg_catalog,public');
  const database = openDatabase(simulated.href);
  const queue = createMemoryQueue();
  const services = createServices({
    database,
    queue,
    onError: (error) => {
      throw error;
    },
  });
  return {
    services,
    queue,
    database,
    advance: async (ms) => {
      await database.orm.execute(sql`update simulated.clock set now = now + ${ms} * interval '1 millisecond'`);
    },
    close: async () => {
      await services.close();
      await database.close();
    },
  };
}

/** What an attempt does that knows nothing of the others: it may be over for long. */
export type SimulatedAttempt = ClaimedAttempt & { step: number };

export function checkpointReport({ ref, step }: SimulatedAttempt): TrainerReport {
  const id = newId('checkpoint');
  const key = `jobs/${ref.jobId}/checkpoints/${id}`;
  return { type: 'checkpoint', id, key, epoch: step / 10, step, metrics: {}, sizeBytes: 1, sha256: 'c'.repeat(64) };
}

export function progressReport({ step }: SimulatedAttempt): TrainerReport {
  const progress = { epoch: step / 10, epochs: 10, step, steps: 100, fraction: step / 100, etaSeconds: 1, imagesPerSecond: 1 };
  return { type: 'progress', progress, metrics: [{ step, name: 'train/loss', value: 1 / (step + 1) }] };
}

/** Makes a model and says so; what the trainer then tells is a success. */
export async function succeed({ attempts }: Services, { ref }: SimulatedAttempt): Promise<JobState> {
  const id = newId('model');
  const described = {
    backbone: { type: 'reference-net' },
    inputShape: [8, 8, 3],
    classNames: [],
    parameterCount: 1,
    metrics: {},
  };
  await attempts.recordReport(ref, {
    type: 'model',
    id,
    key: `models/${id}`,
    ...described,
    sizeBytes: 1,
    sha256: 'd'.repeat(64),
  });
  return attempts.finish(ref, { type: 'succeeded', model: id, metrics: {} }, []);
}

export function isRefusal(error: unknown): boolean {
  return error instanceof ScionError && ['leaseLost', 'conflict', 'dependencyFailed'].includes(error.code);
}
