import { hostname } from 'node:os';
import type { FetchRules } from '@scion/data/pack-protocol';
import { type Services, startRepeatingTask, type WorkQueue } from '@scion/jobs';
import { type ArtifactStore, storeEnvironment } from '@scion/storage';
import type { Logger } from 'pino';
import { emptyTrash, removeOrphans } from './artifacts/housekeeping.ts';
import { createJobHandler } from './attempts/job-handler.ts';
import { createLeaseKeeper } from './attempts/lease-keeper.ts';
import { createSpareTrainers } from './attempts/spare-trainers.ts';
import { createStatusMirror } from './attempts/status-mirror.ts';
import { defaultStuckRule } from './attempts/stuck-watch.ts';
import type { TrainerLimits } from './attempts/trainer-process.ts';
import { createDatasetValidator } from './datasets/dataset-validator.ts';
import type { S3Imports } from './datasets/fetchable-source.ts';
import { childEnvironment } from './processes/child-environment.ts';
import { isProcessAlive, readProcessSpace } from './processes/process-space.ts';
import type { Slot } from './processes/slots.ts';

/** How long things take, in milliseconds. */
export type SupervisorTimings = {
  lease: number;
  renewEvery: number;
  /** From the request to cancel until the trainer is killed. */
  cancelGrace: number;
  /** From the request to pause, or the passing of the deadline, until the trainer is killed. */
  pauseGrace: number;
  /** From the request to shut down until trainers are killed. */
  drainGrace: number;
  mirrorEvery: number;
  reconcileEvery: number;
  emptyTrashEvery: number;
  removeOrphansEvery: number;
};

export const defaultTimings: SupervisorTimings = {
  lease: 10_000,
  renewEvery: 2_000,
  cancelGrace: 10_000,
  pauseGrace: 60_000,
  drainGrace: 25_000,
  mirrorEvery: 1_000,
  reconcileEvery: 30_000,
  emptyTrashEvery: 10_000,
  removeOrphansEvery: 3_600_000,
};

export type Supervisor = {
  readonly workerId: string;
  /** Takes no more work, hands back what runs, and resolves when nothing of it is left. */
  close(): Promise<void>;
};

export type SupervisorOptions = {
  services: Services;
  queue: WorkQueue;
  store: ArtifactStore;
  slots: readonly Slot[];
  /** Modules to fork. */
  trainerPath: string;
  packPath: string;
  /** What children may inherit of. */
  environment: NodeJS.ProcessEnv;
  /** What workers may fetch for data sets that were not uploaded. */
  fetchRules: FetchRules;
  s3Imports: S3Imports;
  log: Logger;
  timings?: Partial<SupervisorTimings>;
  limits?: Partial<TrainerLimits>;
};

/**
 * Starts the one supervisor of a machine: it claims jobs and data sets, runs each in a process of its own, and writes down what
 * these tell. Its own event loop is never busy for long.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { services, queue, store, slots, trainerPath, packPath, environment, log } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const onError = (error: unknown) => log.warn({ err: error }, 'supervisor');
  const devices = slots.map(({ device }) => device);
  const processSpace = await readProcessSpace();
  const buryDead = () => buryDeadNeighbours(services, { space: processSpace, log });
  await buryDead();
  const workerId = await services.workers.register({ host: hostname(), pid: process.pid, devices, processSpace });
  let isDraining = false;

  const heartbeat = startRepeatingTask({
    run: async () => {
      await services.workers.heartbeat(workerId, { draining: isDraining });
      await buryDead();
    },
    everyMs: timings.renewEvery,
    onError,
  });
  const mirror = createStatusMirror({ mirror: services.mirror, store, everyMs: timings.mirrorEvery, onError });
  const leases = createLeaseKeeper({
    attempts: services.attempts,
    jobs: services.jobs,
    leaseMs: timings.lease,
    everyMs: timings.renewEvery,
    onError,
  });
  const startHousekeeping = (what: string, removeFiles: typeof emptyTrash, everyMs: number) =>
    startRepeatingTask({
      run: async () => {
        const removed = await removeFiles({ services, store });
        if (removed.length > 0) log.info({ removed }, what);
      },
      everyMs,
      onError,
    });
  const housekeeping = [
    startHousekeeping('emptied the trash', emptyTrash, timings.emptyTrashEvery),
    startHousekeeping('removed files of no record', removeOrphans, timings.removeOrphansEvery),
  ];
  const stopReconciler = services.reconciler.start({ everyMs: timings.reconcileEvery, lookEveryMs: timings.renewEvery });

  const validator = createDatasetValidator({
    services,
    store,
    packPath,
    environment,
    fetchRules: options.fetchRules,
    s3Imports: options.s3Imports,
    workerId,
    leaseMs: timings.lease,
    renewEveryMs: timings.renewEvery,
    log,
  });
  const spares = createSpareTrainers({
    path: trainerPath,
    environmentOf: (slot) => childEnvironment(environment, { ...slot.environment, ...storeEnvironment(environment, store.url) }),
    slots,
  });
  const jobHandler = createJobHandler({
    parts: {
      services,
      store,
      leases,
      mirror,
      spares,
      limits: { memoryBytes: null, stuck: defaultStuckRule, ...options.limits },
      graceMs: { cancel: timings.cancelGrace, pause: timings.pauseGrace },
      log,
    },
    slots,
    workerId,
    leaseMs: timings.lease,
  });
  const consumers = [
    queue.consume('job', { concurrency: slots.length, handle: jobHandler.handle }),
    queue.consume('dataset', { concurrency: 1, handle: validator.handle }),
  ];
  log.info({ worker: workerId, devices, queue: queue.backend }, 'worker started');

  return {
    workerId,
    async close() {
      isDraining = true;
      heartbeat.nudge();
      jobHandler.drain(timings.drainGrace);
      validator.drain();
      await spares.close();
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await Promise.all([leases.stop(), stopReconciler(), heartbeat.stop(), ...housekeeping.map((task) => task.stop())]);
      await mirror.stop();
      await services.workers.unregister(workerId);
    },
  };
}

/** Workers that were killed on this machine: their jobs need not wait for their leases to run out. */
async function buryDeadNeighbours({ workers }: Services, { space, log }: { space: string; log: Logger }): Promise<void> {
  const dead = await workers.buryDead({ space, isAlive: isProcessAlive });
  if (dead.length > 0) log.info({ workers: dead }, 'took over from workers that are gone');
}
