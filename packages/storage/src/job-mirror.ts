import { artifactKeys, type Job, type MetricPoint } from '@scion/schema';
import type { ArtifactStore } from './artifact-store.ts';

/** Replaces the job's `status.json`, which holds just what `GET /v1/jobs/:id` answers. */
export async function mirrorJobStatus(store: ArtifactStore, job: Job): Promise<void> {
  await store.put(artifactKeys.jobStatus(job.id), `${JSON.stringify(job, null, 2)}\n`);
}

/**
 * Adds to the job's `metrics.jsonl` one line for each step: `{"step":7,"at":"2026-01-01T00:00:00.000Z","values":{"train/loss":1.5}}`.
 * Steps that an attempt repeats after a resume stand there twice; the later line counts.
 */
export async function mirrorJobMetrics(store: ArtifactStore, jobId: string, points: readonly MetricPoint[]): Promise<void> {
  const at = new Date().toISOString();
  const valuesByStep = new Map<number, Record<string, number>>();
  for (const { step, name, value } of points) {
    const values = valuesByStep.get(step) ?? {};
    values[name] = value;
    valuesByStep.set(step, values);
  }
  for (const [step, values] of valuesByStep) {
    await store.appendLine(artifactKeys.jobMetrics(jobId), JSON.stringify({ step, at, values }));
  }
}
