import type { AttemptRef, Services } from '@scion/jobs';
import type { TrainerReport } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { whileUnreachable } from '../while-unreachable.ts';
import { createMetricsMirror } from './metrics-mirror.ts';
import type { StatusMirror } from './status-mirror.ts';

/** Writes reports down in the order in which they came. */
export type ReportRecorder = {
  add(report: TrainerReport): void;
  /** Resolves when every report so far is written down. */
  flush(): Promise<void>;
};

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
  const metrics = createMetricsMirror({ jobId: ref.jobId, services, store, onError });
  let isRefused = false;

  const record = async (report: TrainerReport) => {
    if (isRefused) return;
    try {
      const { surplusCheckpoints } = await whileUnreachable(() => services.attempts.recordReport(ref, report), {
        isOver,
        onError,
      });
      mirror.nudge();
      if (report.type === 'progress') await metrics.append(report.metrics);
      if (report.type === 'event' && report.event === 'attempt.resumed') await metrics.rewrite();
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

  // The attempt before may have died between the database and the file.
  let recording = ref.attempt > 1 ? metrics.rewrite() : Promise.resolve();
  return {
    add: (report) => {
      recording = recording.then(() => record(report));
    },
    flush: () => recording,
  };
}
