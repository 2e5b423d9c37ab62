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
 * Follows one job and gives the exit code that tells how it ended; under `--json` each change is a line. Ctrl-C ends the watching,
 * not the job.
 */
export async function watchJobToExit(id: string, { client, output, commandName }: CliContext): Promise<ExitCode> {
  const interrupt = new AbortController();
  const stopWatching = () =>
    interrupt.abort(new CliError(`Stopped watching ${id}; it goes on.`, { next: nextSteps(id, commandName) }));
  process.once('SIGINT', stopWatching);
  try {
    const [job] = await watchJobs([{ id }], { client, output, signal: interrupt.signal, onUpdate: output.record });
    if (job === undefined) throw new Error('No job was watched');
    reportEnd(job, { output, commandName });
    return exitCodeOf(job);
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

function nextSteps(id: string, commandName: string): string {
  return `Watch again: ${commandName} job watch ${id}, or end it: ${commandName} job cancel ${id}`;
}
