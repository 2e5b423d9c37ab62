import { artifactKeys, type MetricPoint, terminalStates } from '@scion/schema';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { jobs } from '../database/tables.ts';
import { readMetricPoints } from '../jobs/job-metrics.ts';
import type { Finding } from './finding.ts';
import type { StoredFiles } from './stored-files.ts';

const Status = z.looseObject({ state: z.string(), attempt: z.int(), updatedAt: z.string() });
const MetricLine = z.looseObject({ step: z.int(), values: z.record(z.string(), z.number()) });

/** Jobs that have ended and whose copy in the artifact store tells something else. */
export async function checkMirrors({ orm }: Database, files: StoredFiles): Promise<Finding[]> {
  const ended = await orm
    .select()
    .from(jobs)
    .where(and(inArray(jobs.state, [...terminalStates]), isNull(jobs.deletedAt), eq(jobs.version, jobs.mirroredVersion)))
    .orderBy(jobs.id);
  const findings: Finding[] = [];
  for (const job of ended) {
    const status = parseJson(Status, await files.get(artifactKeys.jobStatus(job.id)));
    if (status?.state !== job.state || status.attempt !== job.attempt || status.updatedAt !== job.updatedAt.toISOString())
      findings.push({ code: 'statusBehind', subject: job.id, detail: `${status?.state ?? 'nothing'} instead of ${job.state}` });
    const measured = await readMetricPoints(orm, job.id);
    const difference = differenceOf(measured, linesOf(await files.get(artifactKeys.jobMetrics(job.id))));
    if (difference !== null) findings.push({ code: 'metricsBehind', subject: job.id, detail: difference });
  }
  return findings;
}

/** Has the workers copy the jobs again, and writes their metrics anew. */
export async function repairMirrors({ orm }: Database, files: StoredFiles, findings: readonly Finding[]): Promise<void> {
  for (const { code, subject } of findings) {
    if (code === 'statusBehind') await orm.update(jobs).set({ mirroredVersion: sql`0` }).where(eq(jobs.id, subject));
    if (code === 'metricsBehind') {
      await files.remove(artifactKeys.jobMetrics(subject));
      await files.appendMetrics(subject, await readMetricPoints(orm, subject));
    }
  }
}

/** Of the file's lines for one step the last counts, and a torn one does not. */
function linesOf(bytes: Uint8Array | null): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of Buffer.from(bytes ?? [])
    .toString('utf8')
    .split('\n')) {
    const parsed = parseJson(MetricLine, line);
    for (const [name, value] of Object.entries(parsed?.values ?? {})) values.set(`${name} at step ${parsed?.step}`, value);
  }
  return values;
}

function differenceOf(measured: readonly MetricPoint[], written: ReadonlyMap<string, number>): string | null {
  const missing = measured.filter(({ name, step, value }) => written.get(`${name} at step ${step}`) !== value);
  const known = new Set(measured.map(({ name, step }) => `${name} at step ${step}`));
  const surplus = [...written.keys()].filter((point) => !known.has(point));
  if (missing.length === 0 && surplus.length === 0) return null;
  return `${missing.length} points are missing or differ, ${surplus.length} were taken back`;
}

function parseJson<Content>(schema: z.ZodType<Content>, text: Uint8Array | string | null): Content | null {
  if (text === null || text.length === 0) return null;
  try {
    return schema.parse(JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString('utf8')));
  } catch {
    return null;
  }
}
