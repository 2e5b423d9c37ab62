import { newId, type Page, type Worker } from '@scion/schema';
import { and, asc, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import { inScope, type Scope } from '../access/scope.ts';
import type { Database, Orm } from '../database/database.ts';
import { toPage } from '../database/page.ts';
import { datasets, jobs, workers } from '../database/tables.ts';

/** A worker counts as alive for this long after it was last heard of. */
const workerAliveMs = 30_000;
const forgottenAfter = sql`interval '1 day'`;

export type WorkerService = {
  /** Adds a worker, and forgets those that have been silent for a day. Returns its id. */
  register(worker: { host: string; pid: number; devices: readonly string[]; processSpace?: string }): Promise<string>;
  /** To be called more often than each 30 s: a worker that is silent for so long is not alive. */
  heartbeat(workerId: string, state: { draining: boolean }): Promise<void>;
  unregister(workerId: string): Promise<void>;
  /**
   * Forgets the workers whose processes are gone, of all that share a space of process ids, and ends their leases now rather than
   * when they run out. Returns their ids.
   */
  buryDead(processes: { space: string; isAlive: (pid: number) => boolean }): Promise<string[]>;
  /** Oldest first. */
  list(query: { limit: number; after?: string | undefined }): Promise<Page<Worker>>;
  /** Workers that are alive, their slots, and how many of these are taken. */
  capacity(): Promise<{ workers: number; slots: number; busySlots: number }>;
};

/** Holds for a worker that was heard of lately, on the database's clock. */
const isAlive = sql<boolean>`${workers.lastSeenAt} > clock_timestamp() - ${workerAliveMs} * interval '1 millisecond'`;

export function createWorkerService({
  database: { orm },
  scope,
}: {
  database: Database;
  /** Whose jobs are named as running. */
  scope: Scope | null;
}): WorkerService {
  return {
    async register({ host, pid, devices, processSpace = '' }) {
      await orm.delete(workers).where(lt(workers.lastSeenAt, sql`clock_timestamp() - ${forgottenAfter}`));
      const id = newId('worker');
      await orm.insert(workers).values({ id, host, pid, processSpace, devices: [...devices] });
      return id;
    },

    async heartbeat(workerId, { draining }) {
      await orm.update(workers).set({ lastSeenAt: sql`clock_timestamp()`, draining }).where(eq(workers.id, workerId));
    },

    async unregister(workerId) {
      await orm.delete(workers).where(eq(workers.id, workerId));
    },

    buryDead: (processes) => buryDead(orm, processes),

    list: (query) => listWorkers(orm, query, scope),

    async capacity() {
      const [alive] = await orm
        .select({
          workers: sql<number>`count(*)::int`,
          slots: sql<number>`coalesce(sum(cardinality(${workers.devices})), 0)::int`,
        })
        .from(workers)
        .where(isAlive);
      const busySlots = await orm.$count(jobs, eq(jobs.state, 'running'));
      return { workers: alive?.workers ?? 0, slots: alive?.slots ?? 0, busySlots };
    },
  };
}

async function buryDead(
  orm: Orm,
  { space, isAlive: isProcessAlive }: { space: string; isAlive: (pid: number) => boolean },
): Promise<string[]> {
  const neighbours = await orm.select({ id: workers.id, pid: workers.pid }).from(workers).where(eq(workers.processSpace, space));
  const dead = neighbours.filter(({ pid }) => !isProcessAlive(pid)).map(({ id }) => id);
  if (dead.length === 0) return [];
  const leaseUntil = sql`clock_timestamp()`;
  await orm.transaction(async (tx) => {
    await tx
      .update(jobs)
      .set({ leaseUntil })
      .where(and(inArray(jobs.workerId, dead), eq(jobs.state, 'running')));
    await tx
      .update(datasets)
      .set({ leaseUntil })
      .where(and(inArray(datasets.workerId, dead), eq(datasets.state, 'validating')));
    await tx.delete(workers).where(inArray(workers.id, dead));
  });
  return dead;
}

async function listWorkers(
  orm: Orm,
  { limit, after }: { limit: number; after?: string | undefined },
  scope: Scope | null,
): Promise<Page<Worker>> {
  const isShown = inScope(jobs, scope) ?? sql`true`;
  // Names in full: Drizzle writes a column without its table where it selects from one table.
  const running = sql<string[]>`array(
    select jobs.id from jobs where jobs.worker_id = workers.id and jobs.state = 'running' and ${isShown} order by jobs.id)`;
  const rows = await orm
    .select({ worker: workers, alive: isAlive, running })
    .from(workers)
    .where(after === undefined ? undefined : gt(workers.id, after))
    .orderBy(asc(workers.id))
    .limit(limit + 1);
  const toItem = (row: (typeof rows)[number]): Worker => ({
    id: row.worker.id,
    host: row.worker.host,
    pid: row.worker.pid,
    slots: row.worker.devices.length,
    devices: row.worker.devices,
    running: row.running,
    alive: row.alive,
    startedAt: row.worker.startedAt.toISOString(),
    lastSeenAt: row.worker.lastSeenAt.toISOString(),
  });
  return toPage(rows, { limit, toItem, cursorOf: ({ id }) => id });
}
