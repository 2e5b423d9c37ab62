import { setTimeout as delay } from 'node:timers/promises';
import { type AttemptRef, isTransient, type Services } from '@scion/jobs';
import { artifactKeys, type TrainerReport } from '@scion/schema';
import { type ArtifactStore, mirrorJobMetrics } from '@scion/storage';
import type { StatusMirror } from './status-mirror.ts';

/** Writes reports down in the order in which they came. */
export type ReportRecorder = {
  add(report: TrainerReport): void;
  /** Resolves when every report so far is written down. */
  flush(): Promise<void>;
};

const retryMs = 500;

/** Calls until the database is in reach; `isOver` ends the waiting with the last error. */
export async function whileUnreachable<T>(
  call: () => Promise<T>,
  { isOver, onError }: { isOver: () => boolean; onError: (error: unknown) => void },
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || isOver()) throw error;
      onError(error);
      await delay(retryMs);
    }
  }
}

export function createReportRecorder(options: {
  ref: AttemptRef;
  services: Services;
  store: ArtifactStore;
  mirror: StatusMirror;
  isOver: () => boolean;
  /** A report was refused: its attempt is over, or it could not be written. Nothing is recorded after that. */
  onRefused: (error: unknown) => void;
  /** A fault that costs no record: the mirror in the artifact store is behind, or files are left that nobody needs. */
  onError: (error: unknown) => void;
}): ReportRecorder {
  const { ref, services, store, mirror, isOver, onRefused, onError } = options;
  let isRefused = false;
  let recording = Promise.resolve();

  const record = async (report: TrainerReport) => {
    if (isRefused) return;
    try {
      const { surplusCheckpoints } = await whileUnreachable(() => services.attempts.recordReport(ref, report), {
        isOver,
        onError,
      });
      mirror.nudge();
      await mirrorReport(report).catch(onError);
      for (const { id, key } of surplusCheckpoints) {
        await store
          .remove(key)
          .then(() => services.checkpoints.forget([id]))
          .catch(onError);
      }
    } catch (error) {
      isRefused = true;
      onRefused(error);
    }
  };

  const mirrorReport = async (report: TrainerReport) => {
    if (report.type === 'progress') await mirrorJobMetrics(store, ref.jobId, report.metrics);
    if (report.type === 'event' && report.event === 'attempt.resumed') await rewriteMetricsMirror({ ref, services, store });
  };

  return {
    add: (report) => {
      recording = recording.then(() => record(report));
    },
    flush: () => recording,
  };
}

/** Brings `metrics.jsonl` back in line with the database, after points were taken back or a worker died between the two. */
export async function rewriteMetricsMirror({
  ref,
  services,
  store,
}: {
  ref: AttemptRef;
  services: Services;
  store: ArtifactStore;
}): Promise<void> {
  const points = await services.jobs.metricPoints(ref.jobId);
  await store.remove(artifactKeys.jobMetrics(ref.jobId));
  await mirrorJobMetrics(store, ref.jobId, points);
}
