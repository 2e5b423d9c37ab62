import type { MetricColumns, MetricPoint } from '@scion/schema';
import { eq, sql } from 'drizzle-orm';
import type { Orm } from '../database/database.ts';
import { metrics } from '../database/tables.ts';

/** All points of a job as columns, in the order of steps; with `every`, each series thinned out but for its last point. */
export async function readMetricColumns(orm: Orm, jobId: string, every = 1): Promise<MetricColumns> {
  const numbered = orm
    .select({
      name: metrics.name,
      step: metrics.step,
      value: metrics.value,
      position: sql<number>`row_number() over (partition by ${metrics.name} order by ${metrics.step})`.as('position'),
      length: sql<number>`count(*) over (partition by ${metrics.name})`.as('length'),
    })
    .from(metrics)
    .where(eq(metrics.jobId, jobId))
    .as('numbered');
  const rows = await orm
    .select({ name: numbered.name, step: numbered.step, value: numbered.value })
    .from(numbered)
    .where(sql`(${numbered.position} - 1) % ${every} = 0 or ${numbered.position} = ${numbered.length}`)
    .orderBy(numbered.name, numbered.step);
  const data: MetricColumns['data'] = {};
  for (const { name, step, value } of rows) {
    const column = data[name] ?? { step: [], value: [] };
    data[name] = column;
    column.step.push(step);
    column.value.push(value);
  }
  return { data };
}

/** All points of a job, in the order of steps. */
export function readMetricPoints(orm: Orm, jobId: string): Promise<MetricPoint[]> {
  return orm
    .select({ step: metrics.step, name: metrics.name, value: metrics.value })
    .from(metrics)
    .where(eq(metrics.jobId, jobId))
    .orderBy(metrics.step, metrics.name);
}
