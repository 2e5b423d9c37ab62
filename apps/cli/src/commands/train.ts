import { createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { JobProgress, TrainerReport } from '@scion/schema';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { openUpload } from '../datasets/open-upload.ts';
import { exitCodes } from '../exit-codes.ts';
import { readJobFile } from '../job-file/read-job-file.ts';
import type { Output } from '../output/output.ts';
import { formatShare } from '../output/quantities.ts';
import { accuracyOf, renderRunningLine } from '../progress/job-line.ts';
import { createLiveRows } from '../progress/live-rows.ts';

export const train = defineCommand({
  path: ['train'],
  summary: 'Train without a server, as the library does',
  positional: ['spec'],
  input: z.strictObject({
    spec: z.string().describe('JSON file of the job, as POST /v1/jobs takes it; dataset.id may be left out'),
    data: z.string().describe('a zip, tar or tar.gz file, or a folder'),
    out: z.string().default('scion-run').describe('folder for the packed data, checkpoints and the model'),
  }),
  run: async ({ spec, data, out }, { output, commandName }) => {
    const { trainLocally } = await import('@scion/trainer');
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort('cancel'));
    const { outcome, dataset } = await trainLocally({
      spec: await readJobFile(spec),
      dataPath: await archiveOf(data, resolve(out)),
      outDir: resolve(out),
      report: showReports(output),
      signal: stop.signal,
    });
    if (outcome.type === 'failed') {
      throw new CliError(`${outcome.message} (${outcome.code})`, {
        exitCode: exitCodes.jobFailed,
        next: `See what trains here: ${commandName} doctor`,
      });
    }
    if (outcome.type === 'stopped') return exitCodes.jobCancelled;
    output.result({ outcome, dataset, out: resolve(out) }, () => {
      const accuracy = accuracyOf(outcome.metrics);
      return `Model in ${join(out, 'models', outcome.model)}${accuracy === null ? '' : `, accuracy ${formatShare(accuracy)}`}`;
    });
    return exitCodes.ok;
  },
});

/** The path of an archive: `path` itself, or the tar that a folder becomes. */
async function archiveOf(path: string, outDir: string): Promise<string> {
  const upload = await openUpload(path);
  if (upload.kind === 'file' || !(await stat(path)).isDirectory()) return path;
  const archive = join(outDir, upload.name);
  await mkdir(outDir, { recursive: true });
  await pipeline(upload.stream, createWriteStream(archive));
  return archive;
}

/** Shows the progress of a run and its notable events; under `--json` each report is a line on standard error. */
function showReports(output: Output): (report: TrainerReport) => void {
  const rows = createLiveRows(output);
  const metrics: Record<string, number> = {};
  const show = (progress: JobProgress) => {
    const text = renderRunningLine({ label: 'training', progress, metrics, columns: output.columns() });
    rows.set(0, { text, milestone: String(Math.floor(progress.epoch)) });
  };
  return (report) => {
    if (output.json) output.note(JSON.stringify(report));
    else if (report.type === 'event' && report.level !== 'info') output.note(report.message);
    else if (report.type === 'progress') {
      for (const { name, value } of report.metrics) metrics[name] = value;
      show(report.progress);
    }
  };
}
