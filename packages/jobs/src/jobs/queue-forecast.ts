import { sql } from 'drizzle-orm';
import type { Orm } from '../database/database.ts';
import type { QueueForecast } from './job-record.ts';

type Capacity = {
  /** Slots of the workers that are alive. */
  slots: number;
  /** Seconds until each running job ends; null where it is not known. */
  runningSeconds: readonly (number | null)[];
  /** Mean duration of the jobs that succeeded last; null before the first. */
  meanSeconds: number | null;
};

/**
 * Seconds until the job at `position` (1 is next) starts, when each job before it takes as long as jobs did lately; null where
 * that cannot be told.
 */
export function secondsUntilStart(position: number, { slots, runningSeconds, meanSeconds }: Capacity): number | null {
  if (slots === 0) return null;
  const freeIn = runningSeconds.map((seconds) => seconds ?? meanSeconds);
  while (freeIn.length < slots) freeIn.push(0);
  if (freeIn.length > slots) freeIn.length = slots;
  const free = freeIn.map((seconds) => seconds ?? Number.POSITIVE_INFINITY);
  for (let ahead = 1; ahead < position; ahead++) {
    const soonest = free.indexOf(Math.min(...free));
    free[soonest] = (free[soonest] ?? 0) + (meanSeconds ?? Number.POSITIVE_INFINITY);
  }
  const seconds = Math.min(...free);
  return Number.isFinite(seconds) ? seconds : null;
}

/** Where each of the jobs stands in the queue; those that do not wait are left out. */
export async function forecastQueue(orm: Pick<Orm, 'execute'>, jobIds: readonly string[]): Promise<Map<string, QueueForecast>> {
  if (jobIds.length === 0) return new Map();
  const positions = await orm.execute<{ id: string; position: number }>(sql`
    select id, position::int from (
      select id, row_number() over (order by priority desc, created_at, id) as position from jobs where state in ('queued', 'retrying')
    ) as waiting where id in ${jobIds}`);
  if (positions.rows.length === 0) return new Map();
  const capacity = await readCapacity(orm);
  return new Map(
    positions.rows.map(({ id, position }) => {
      const seconds = secondsUntilStart(position, capacity);
      return [id, { position, expectedStartAt: seconds === null ? null : new Date(Date.now() + seconds * 1000).toISOString() }];
    }),
  );
}

async function readCapacity(orm: Pick<Orm, 'execute'>): Promise<Capacity> {
  const { rows } = await orm.execute<{ slots: number; running: (number | null)[]; mean: number | null }>(sql`
    select
      (select coalesce(sum(cardinality(devices)), 0)::int from workers
        where not draining and last_seen_at > clock_timestamp() - interval '30 seconds') as slots,
      (select coalesce(json_agg((progress ->> 'etaSeconds')::float order by (progress ->> 'etaSeconds')::float), '[]')
        from jobs where state = 'running') as running,
      (select avg(seconds)::float from (
        select extract(epoch from finished_at - started_at) as seconds
        from jobs where state = 'succeeded' order by finished_at desc limit 20
      ) as lately) as mean`);
  const row = rows[0];
  return { slots: row?.slots ?? 0, runningSeconds: row?.running ?? [], meanSeconds: row?.mean ?? null };
}
