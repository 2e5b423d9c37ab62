import { isTerminal, type Job } from '@scion/schema';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { renderJobLine } from './job-line.ts';
import { createLiveRows } from './live-rows.ts';

type LabelledJob = { id: string; label?: string };
type WatchOptions = { signal?: AbortSignal; onUpdate?: (job: Job) => void };

/**
 * Follows jobs until each has ended, with a live row for each. Gives the jobs as they ended, in the order asked for. When `signal`
 * aborts, watching ends and the jobs go on.
 */
export async function watchJobs(
  jobs: readonly LabelledJob[],
  { client, output, signal, onUpdate }: Pick<CliContext, 'client' | 'output'> & WatchOptions,
): Promise<Job[]> {
  const rows = createLiveRows(output);
  const width = Math.max(...jobs.map(({ label }) => label?.length ?? 0));
  const follow = async ({ id, label }: LabelledJob, index: number): Promise<Job> =>
    await client.jobs.waitFor(id, {
      signal,
      pollMs: 250,
      onUpdate: (job) => {
        onUpdate?.(job);
        const text = renderJobLine(job, { label: (label ?? job.name).padEnd(width), columns: output.columns() });
        rows.set(index, { text, milestone: `${job.state} ${Math.floor(job.progress.epoch)}` });
      },
    });
  return await Promise.all(jobs.map(follow));
}

/**
 * Follows jobs and gives the exit code that tells how they ended, of the first that did not succeed; under `--json` each change is a
 * line. Ctrl-C ends the watching, not the jobs.
 */
export async function watchJobsToExit(ids: readonly string[], { client, output, commandName }: CliContext): Promise<ExitCode> {
  const interrupt = new AbortController();
  const stopWatching = () => interrupt.abort(stoppedWatching(ids, commandName));
  process.once('SIGINT', stopWatching);
  try {
    const jobs = await watchJobs(
      ids.map((id) => ({ id })),
      { client, output, signal: interrupt.signal, onUpdate: output.record },
    );
    for (const job of jobs) reportEnd(job, { output, commandName });
    return jobs.map(exitCodeOf).find((code) => code !== exitCodes.ok) ?? exitCodes.ok;
  } finally {
    process.off('SIGINT', stopWatching);
  }
}

function exitCodeOf(job: Job): ExitCode {
  if (job.state === 'failed') return exitCodes.jobFailed;
  return job.state === 'cancelled' ? exitCodes.jobCancelled : exitCodes.ok;
}

function reportEnd(job: Job, { output, commandName }: Pick<CliContext, 'output' | 'commandName'>): void {
  if (!isTerminal(job.state) || output.json) return;
  if (job.state === 'failed' && job.error !== null) {
    for (const line of job.error.logTail.slice(-10)) output.note(`  ${line}`);
    output.note(`${job.error.message} (${job.error.code})\nRead the whole log: ${commandName} job logs ${job.id}`);
  }
  if (job.result !== null) {
    output.line(`Model ${job.result.model}. Predict with it: ${commandName} model predict ${job.result.model} IMAGE`);
  }
}

function stoppedWatching(ids: readonly string[], commandName: string): CliError {
  const id = ids.at(-1) ?? '';
  const next = `Watch again: ${commandName} job watch ${id}, or end it: ${commandName} job cancel ${id}`;
  return new CliError(`Stopped watching ${ids.join(', ')}; ${ids.length > 1 ? 'they go on' : 'it goes on'}.`, { next });
}
