import type { Services } from '@scion/jobs';
import { artifactKeys, type MetricPoint } from '@scion/schema';
import { type ArtifactStore, mirrorJobMetrics } from '@scion/storage';

/** Keeps a job's `metrics.jsonl` like the points in the database. */
export type MetricsMirror = {
  append(points: readonly MetricPoint[]): Promise<void>;
  /** Writes the file anew, after points were taken back or a worker died before it had added some. */
  rewrite(): Promise<void>;
};

export function createMetricsMirror(options: {
  jobId: string;
  services: Services;
  store: ArtifactStore;
  onError: (error: unknown) => void;
}): MetricsMirror {
  const { jobId, services, store, onError } = options;
  let isBehind = false;

  const attempt = async (write: () => Promise<void>) => {
    try {
      await write();
      isBehind = false;
    } catch (error) {
      isBehind = true; // What is missing now is written with the next points
      onError(error);
    }
  };
  const rewrite = async () => {
    const points = await services.jobs.metricPoints(jobId);
    await store.remove(artifactKeys.jobMetrics(jobId));
    await mirrorJobMetrics(store, jobId, points);
  };

  return {
    append: (points) => attempt(() => (isBehind ? rewrite() : mirrorJobMetrics(store, jobId, points))),
    rewrite: () => attempt(rewrite),
  };
}
