import type { JobMetrics, MetricPoint, TrainerReport } from '@scion/schema';
import { and, desc, eq, getTableColumns, gt, sql } from 'drizzle-orm';
import type { Transaction } from '../database/database.ts';
import { checkpoints, datasets, jobArtifacts, metrics, models } from '../database/tables.ts';
import { isLowerBetter } from '../jobs/better-metric.ts';
import { changeJob } from '../jobs/change-job.ts';
import type { JobRow } from '../jobs/job-record.ts';
import { type AttemptRef, isRunningAttempt, lockAttempt } from './attempt-ref.ts';
import type { SurplusCheckpoint } from './attempt-service.ts';
import { surplusOf } from './surplus-checkpoints.ts';

type ReportOf<Type extends TrainerReport['type']> = Extract<TrainerReport, { type: Type }>;
type Context = { tx: Transaction; ref: AttemptRef; job: JobRow };

/** Writes down what a trainer reports, if its attempt still runs. */
export async function recordReport(
  tx: Transaction,
  ref: AttemptRef,
  report: TrainerReport,
): Promise<{ surplusCheckpoints: SurplusCheckpoint[] }> {
  const context = { tx, ref, job: await lockAttempt(tx, ref) };
  switch (report.type) {
    case 'event':
      await recordEvent(context, report);
      return { surplusCheckpoints: [] };
    case 'progress':
      await recordProgress(context, report);
      return { surplusCheckpoints: [] };
    case 'model':
      await recordModel(context, report);
      return { surplusCheckpoints: [] };
    case 'artifact':
      await recordArtifact(context, report);
      return { surplusCheckpoints: [] };
    case 'checkpoint':
      await recordCheckpoint(context, report);
      return { surplusCheckpoints: await findSurplus(context) };
  }
}

async function recordEvent({ tx, ref, job }: Context, { event, level, message, data }: ReportOf<'event'>): Promise<void> {
  if (event === 'checkpoint.corrupt') {
    await tx
      .update(checkpoints)
      .set({ isCorrupt: true })
      .where(and(eq(checkpoints.jobId, ref.jobId), eq(checkpoints.id, String(data.checkpoint))));
  }
  const rewound = event === 'attempt.resumed' ? await rewindMetrics({ tx, ref, job }, Number(data.step)) : null;
  await changeJob(tx, {
    jobId: ref.jobId,
    guard: isRunningAttempt(ref),
    set: rewound ? { metrics: rewound } : {},
    events: [{ type: event, level, message, data }],
  });
}

async function recordProgress({ tx, ref, job }: Context, { progress, metrics: points }: ReportOf<'progress'>): Promise<void> {
  if (points.length > 0) {
    await tx
      .insert(metrics)
      .values(lastOfEachStep(points).map((point) => ({ ...point, jobId: ref.jobId, attempt: ref.attempt })))
      .onConflictDoUpdate({
        target: [metrics.jobId, metrics.name, metrics.step],
        set: { value: sql`excluded.value`, attempt: ref.attempt, at: sql`clock_timestamp()` },
      });
  }
  await changeJob(tx, {
    jobId: ref.jobId,
    guard: isRunningAttempt(ref),
    set: { progress, metrics: withPoints(job.metrics, points) },
  });
}

async function recordCheckpoint({ tx, ref }: Context, { type: _, ...checkpoint }: ReportOf<'checkpoint'>): Promise<void> {
  const { id, epoch, step, metrics: values, sizeBytes, sha256 } = checkpoint;
  const added = await tx
    .insert(checkpoints)
    .values({ ...checkpoint, jobId: ref.jobId, attempt: ref.attempt })
    .onConflictDoNothing()
    .returning({ id: checkpoints.id });
  if (added.length === 0) return; // Written before, by a call whose answer got lost
  await changeJob(tx, {
    jobId: ref.jobId,
    guard: isRunningAttempt(ref),
    set: { deathsInARow: 0 },
    events: [
      {
        type: 'checkpoint.saved',
        message: `Checkpoint after step ${step}`,
        data: { checkpoint: id, epoch, step, metrics: values, sizeBytes, sha256 },
      },
    ],
  });
}

async function recordModel({ tx, ref, job }: Context, { type: _, ...model }: ReportOf<'model'>): Promise<void> {
  const [dataset] = await tx.select({ report: datasets.report }).from(datasets).where(eq(datasets.id, job.datasetId));
  const added = await tx
    .insert(models)
    .values({
      ...model,
      project: job.project,
      owner: job.owner,
      jobId: ref.jobId,
      name: job.name,
      kind: job.kind,
      method: job.spec.method.type,
      datasetId: job.datasetId,
      datasetSha256: dataset?.report?.sha256 ?? '',
    })
    .onConflictDoNothing()
    .returning({ id: models.id });
  if (added.length === 0) return; // Written before, by a call whose answer got lost
  await changeJob(tx, {
    jobId: ref.jobId,
    guard: isRunningAttempt(ref),
    set: {},
    events: [
      {
        type: 'model.saved',
        message: `Model ${model.id}`,
        data: { model: model.id, metrics: model.metrics, sha256: model.sha256 },
      },
    ],
  });
}

async function recordArtifact({ tx, ref }: Context, { type: _, ...artifact }: ReportOf<'artifact'>): Promise<void> {
  const { name, kind, epoch, step, mediaType, sizeBytes, sha256 } = artifact;
  await tx
    .insert(jobArtifacts)
    .values({ ...artifact, jobId: ref.jobId })
    .onConflictDoUpdate({
      target: [jobArtifacts.jobId, jobArtifacts.name],
      set: { ...artifact, createdAt: sql`clock_timestamp()` },
    });
  await changeJob(tx, {
    jobId: ref.jobId,
    guard: isRunningAttempt(ref),
    set: {},
    events: [
      {
        type: 'artifact.saved',
        message: `Artifact ${name}`,
        data: { name, kind, epoch, step, mediaType, sizeBytes, sha256 },
      },
    ],
  });
}

/** The checkpoints that the job's policy does not keep, and no unfinished job starts from. */
async function findSurplus({ tx, job }: Context): Promise<SurplusCheckpoint[]> {
  const { id, key, epoch, metrics: values, isCorrupt } = getTableColumns(checkpoints);
  // Names in full: Drizzle writes a column without its table where it selects from one table.
  const isNeeded = sql<boolean>`exists (
    select from jobs as needing where needing.spec -> 'from' ->> 'checkpoint' = checkpoints.id
      and needing.state not in ('succeeded', 'failed', 'cancelled'))`;
  const newestFirst = await tx
    .select({ id, key, epoch, metrics: values, isCorrupt, isNeeded })
    .from(checkpoints)
    .where(eq(checkpoints.jobId, job.id))
    .orderBy(desc(checkpoints.createdAt), desc(checkpoints.id));
  return surplusOf(newestFirst, job.spec.checkpoint).map((surplus) => ({ id: surplus.id, key: surplus.key }));
}

/** Drops the points after the step that the attempt goes on from: those steps are run again. */
async function rewindMetrics({ tx, ref }: Context, step: number): Promise<JobMetrics | null> {
  if (!Number.isInteger(step)) return null;
  await tx.delete(metrics).where(and(eq(metrics.jobId, ref.jobId), gt(metrics.step, step)));
  const points = await tx
    .select({ step: metrics.step, name: metrics.name, value: metrics.value })
    .from(metrics)
    .where(eq(metrics.jobId, ref.jobId))
    .orderBy(metrics.step);
  return withPoints({ latest: {}, best: {} }, points);
}

/** The latest and best values after some more points. A pure function; the best is the lowest for losses, the highest for all else. */
function withPoints({ latest, best }: JobMetrics, points: readonly MetricPoint[]): JobMetrics {
  const next = { latest: { ...latest }, best: { ...best } };
  for (const { name, value } of [...points].sort((a, b) => a.step - b.step)) {
    const bestSoFar = next.best[name];
    next.latest[name] = value;
    next.best[name] =
      bestSoFar === undefined ? value : isLowerBetter(name) ? Math.min(bestSoFar, value) : Math.max(bestSoFar, value);
  }
  return next;
}

/** One statement may write each (name, step) once. */
function lastOfEachStep(points: readonly MetricPoint[]): MetricPoint[] {
  return [...new Map(points.map((point) => [`${point.step} ${point.name}`, point])).values()];
}
