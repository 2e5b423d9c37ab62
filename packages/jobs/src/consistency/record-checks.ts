import { type SQL, sql } from 'drizzle-orm';
import type { Database, Orm } from '../database/database.ts';
import { isNamedBySuccess } from '../jobs/named-model.ts';
import type { Finding, FindingCode } from './finding.ts';

/** `find` selects `subject` and `detail`; `repair`, which is given the subjects, is left out where the reconciler does it. */
type RecordCheck = { code: FindingCode; find: SQL; repair?: (subjects: SQL) => SQL };

const terminal = sql`('succeeded', 'failed', 'cancelled')`;
/** A lease that is over for so long has no reconciler to end it. */
const longOver = sql`clock_timestamp() - interval '60 seconds'`;

const leaseChecks: readonly RecordCheck[] = [
  {
    code: 'leaseExpired',
    find: sql`select id as subject, 'attempt ' || attempt || ' until ' || lease_until as detail from jobs
      where state = 'running' and lease_until < ${longOver}`,
  },
  {
    code: 'validationExpired',
    find: sql`select id as subject, 'attempt ' || attempt || ' until ' || lease_until as detail from datasets
      where state = 'validating' and deleted_at is null and lease_until < ${longOver}`,
  },
];

const attemptChecks: readonly RecordCheck[] = [
  {
    code: 'attemptOpen',
    find: sql`select distinct jobs.id as subject, 'attempt ' || number as detail from attempts join jobs on jobs.id = job_id
      where attempts.state = 'running' and (jobs.state <> 'running' or number <> jobs.attempt)`,
    repair: (subjects) => sql`update attempts set state = 'died', ended_at = clock_timestamp() from jobs
      where jobs.id = job_id and attempts.state = 'running' and (jobs.state <> 'running' or number <> jobs.attempt)
        and jobs.id in ${subjects}`,
  },
  {
    code: 'attemptUncounted',
    find: sql`select id as subject, 'counts ' || attempt || ', has ' || count(number) as detail
      from jobs left join attempts on job_id = id and number between 1 and attempt
      group by id having count(number) <> attempt`,
  },
  {
    code: 'attemptOrder',
    find: sql`select job_id as subject, string_agg('event ' || id || ' of attempt ' || attempt, ', ' order by id) as detail
      from (select id, job_id, attempt,
        max(attempt) over (partition by job_id order by id rows between unbounded preceding and 1 preceding) as newest
        from events) as told where attempt < newest group by job_id`,
  },
  {
    code: 'attemptUnknown',
    find: sql`select id as subject, 'attempt ' || max(written.attempt) || ' of ' || max(jobs.attempt) as detail
      from (select job_id, attempt from metrics union all select job_id, attempt from checkpoints) as written
      join jobs on jobs.id = job_id where written.attempt > jobs.attempt group by id`,
  },
  {
    code: 'metricBeyondProgress',
    find: sql`select id as subject, 'step ' || max(step) || ' of ' || max((progress ->> 'step')::int) as detail
      from jobs join metrics on job_id = id where step > (progress ->> 'step')::int and state <> 'running' group by id`,
  },
];

const endChecks: readonly RecordCheck[] = [
  {
    code: 'blockedForNothing',
    find: sql`select id as subject, '' as detail from jobs where state = 'blocked' and deleted_at is null and not exists (
      select from job_dependencies join jobs as needed on needed.id = depends_on
      where job_id = jobs.id and needed.state not in ${terminal})`,
  },
  {
    code: 'endTwice',
    find: sql`select job_id as subject, string_agg(type || ' after ' || earlier, ', ') as detail from (
      select job_id, type, lag(type) over (partition by job_id order by id) as earlier from events) as told
      where earlier in ('job.succeeded', 'job.failed', 'job.cancelled') and type not in ('job.retried', 'job.extended')
      group by job_id`,
  },
  {
    code: 'endUntold',
    find: sql`select jobs.id as subject, state || ' after ' || coalesce(last.type, 'nothing') as detail
      from jobs left join lateral (select type from events where job_id = jobs.id order by id desc limit 1) as last on true
      where state in ${terminal} and last.type is distinct from 'job.' || state`,
  },
  {
    code: 'stopLeft',
    find: sql`select id as subject, stop_requested as detail from jobs where state in ${terminal} and stop_requested is not null`,
    repair: (subjects) => sql`update jobs set stop_requested = null where state in ${terminal} and id in ${subjects}`,
  },
  {
    code: 'resultMissing',
    find: sql`select id as subject, '' as detail from jobs where state = 'succeeded' and result is null`,
  },
  {
    code: 'modelWithoutSuccess',
    find: sql`select models.id as subject, job_id || ' is ' || state as detail from models join jobs on jobs.id = job_id
      where state <> 'running' and not ${isNamedBySuccess}`,
    repair: (subjects) => sql`delete from models where id in ${subjects}`,
  },
  {
    code: 'reportMissing',
    find: sql`select id as subject, '' as detail from datasets where state = 'ready' and report is null`,
  },
];

const recordChecks = [...leaseChecks, ...attemptChecks, ...endChecks];

/** What the tables say against each other. */
export async function checkRecords({ orm }: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { code, find } of recordChecks) {
    const { rows } = await orm.execute<{ subject: string; detail: string }>(sql`${find} order by subject`);
    findings.push(...rows.map(({ subject, detail }) => ({ code, subject, detail })));
  }
  return findings;
}

/** Repairs what one statement can. */
export async function repairRecords(orm: Orm, findings: readonly Finding[]): Promise<void> {
  for (const { code, repair } of recordChecks) {
    const subjects = findings.filter((finding) => finding.code === code).map(({ subject }) => sql`${subject}`);
    if (repair && subjects.length > 0) await orm.execute(repair(sql`(${sql.join(subjects, sql`, `)})`));
  }
}
