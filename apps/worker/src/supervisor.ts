import { hostname } from 'node:os';
import { type HandleResult, type Services, startRepeatingTask, type WorkQueue } from '@scion/jobs';
import type { ArtifactStore } from '@scion/storage';
import type { Logger } from 'pino';
import { type AttemptParts, type AttemptRun, startAttempt } from './attempts/attempt-run.ts';
import { createLeaseKeeper } from './attempts/lease-keeper.ts';
import { createStatusMirror } from './attempts/status-mirror.ts';
import { createDatasetValidator } from './datasets/dataset-validator.ts';
import { isProcessAlive, readProcessSpace } from './processes/process-space.ts';
import type { Slot } from './processes/slots.ts';
import { whileUnreachable } from './while-unreachable.ts';

/** How long things take, in milliseconds. */
export type SupervisorTimings = {
  lease: number;
  renewEvery: number;
  /** From the request to cancel until the trainer is killed. */
  cancelGrace: number;
  /** From the request to shut down until trainers are killed. */
  drainGrace: number;
  mirrorEvery: number;
  reconcileEvery: number;
};

export const defaultTimings: SupervisorTimings = {
  lease: 30_000,
  renewEvery: 5_000,
  cancelGrace: 10_000,
  drainGrace: 25_000,
  mirrorEvery: 1_000,
  reconcileEvery: 30_000,
};

export type Supervisor = {
  readonly workerId: string;
  /** Takes no more work, hands back what runs, and resolves when nothing of it is left. */
  close(): Promise<void>;
};

/**
 * Starts the one supervisor of a machine: it claims jobs and data sets, runs each in a process of its own, and writes down what
 * these tell. Its own event loop is never busy for long.
 */
export async function startSupervisor(options: {
  services: Services;
  queue: WorkQueue;
  store: ArtifactStore;
  slots: readonly Slot[];
  /** Modules to fork. */
  trainerPath: string;
  packPath: string;
  /** What children may inherit of. */
  environment: NodeJS.ProcessEnv;
  log: Logger;
  timings?: Partial<SupervisorTimings>;
}): Promise<Supervisor> {
  const { services, queue, store, slots, trainerPath, packPath, environment, log } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const onError = (error: unknown) => log.warn({ err: error }, 'supervisor');
  const devices = slots.map(({ device }) => device);
  const processSpace = await readProcessSpace();
  // A worker that was killed here, and started again: its jobs need not wait for their leases to run out
  const dead = await services.workers.buryDead({ space: processSpace, isAlive: isProcessAlive });
  if (dead.length > 0) log.info({ workers: dead }, 'took over from workers that are gone');
  const workerId = await services.workers.register({ host: hostname(), pid: process.pid, devices, processSpace });
  let isDraining = false;

  const heartbeat = startRepeatingTask({
    run: () => services.workers.heartbeat(workerId, { draining: isDraining }),
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
  const stopReconciler = services.reconciler.start({ everyMs: timings.reconcileEvery, lookEveryMs: timings.renewEvery });

  const validator = createDatasetValidator({
    services,
    store,
    packPath,
    environment,
    workerId,
    leaseMs: timings.lease,
    renewEveryMs: timings.renewEvery,
    log,
  });
  const jobHandler = createJobHandler({
    parts: { services, store, leases, mirror, trainerPath, environment, cancelGraceMs: timings.cancelGrace, log },
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
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await Promise.all([leases.stop(), stopReconciler(), heartbeat.stop()]);
      await mirror.stop();
      await services.workers.unregister(workerId);
    },
  };
}

/** Runs jobs on the slots, one on each; the queue's consumer calls `handle` for no more jobs at once than there are slots. */
function createJobHandler({
  parts,
  slots,
  workerId,
  leaseMs,
}: {
  parts: AttemptParts;
  slots: readonly Slot[];
  workerId: string;
  leaseMs: number;
}): { handle(jobId: string): Promise<HandleResult>; drain(graceMs: number): void } {
  const freeSlots = [...slots];
  const running = new Set<AttemptRun>();
  const onError = (error: unknown) => parts.log.warn({ err: error }, 'claim');
  let drainGraceMs: number | null = null;

  /**
   * A job that is to be retried is tried again here at once: it has waited for its turn already. So is one that was lost, whose new
   * announcement the queue did not take while this entry was in it; if another worker has it, there is nothing to claim.
   */
  const runOn = async (slot: Slot, jobId: string): Promise<HandleResult> => {
    for (;;) {
      if (drainGraceMs !== null) return 'again';
      const claim = () => parts.services.attempts.claim({ jobId, workerId, leaseMs });
      const claimed = await whileUnreachable(claim, { isOver: () => drainGraceMs !== null, onError });
      if (!claimed) return 'done';
      const run = startAttempt(parts, { claimed, slot });
      running.add(run);
      if (drainGraceMs !== null) run.drain(drainGraceMs);
      const state = await run.ended.finally(() => running.delete(run));
      if (state !== 'retrying' && state !== 'lost') return 'done';
    }
  };

  return {
    async handle(jobId) {
      const slot = freeSlots.shift();
      if (!slot) return 'again';
      try {
        return await runOn(slot, jobId);
      } finally {
        freeSlots.push(slot);
      }
    },
    drain(graceMs) {
      drainGraceMs = graceMs;
      for (const run of running) run.drain(graceMs);
    },
  };
}
