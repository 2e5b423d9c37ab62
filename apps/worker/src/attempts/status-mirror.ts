import { type MirrorService, startRepeatingTask } from '@scion/jobs';
import { type ArtifactStore, mirrorJobStatus } from '@scion/storage';

/** Keeps `jobs/<id>/status.json` of every job like its record in the database. */
export type StatusMirror = {
  /** Looks soon, and not at the next interval. */
  nudge(): void;
  /** Writes what is still to be written, and ends. */
  stop(): Promise<void>;
};

const atOnce = 100;
/** What changed in this time is copied again after a start or a failure. */
const unsureMs = 600_000;
/** Each copy waits for the disk: reports that come fast share one. */
const minGapMs = 200;

export function createStatusMirror(options: {
  mirror: MirrorService;
  store: ArtifactStore;
  everyMs: number;
  onError: (error: unknown) => void;
}): StatusMirror {
  const { mirror, store, everyMs, onError } = options;

  /** Whether there may be copies that are not marked, behind marks of newer ones. */
  let isUnsure = true;

  const copyPending = async () => {
    if (isUnsure) await mirror.redoRecent(unsureMs);
    isUnsure = true;
    await copyAll();
    isUnsure = false;
  };
  const copyAll = async () => {
    for (;;) {
      const pending = await mirror.pending(atOnce);
      for (const { job, version } of pending) {
        await mirrorJobStatus(store, job);
        await mirror.markMirrored(job.id, version);
      }
      if (pending.length < atOnce) return;
    }
  };
  const copying = startRepeatingTask({ run: copyPending, everyMs, minGapMs, onError });

  return {
    nudge: () => copying.nudge(),
    async stop() {
      await copying.stop();
      await copyPending().catch(onError);
    },
  };
}
