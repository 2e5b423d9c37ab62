import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatNumber } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';
import { renderJobLine } from '../progress/job-line.ts';

export const jobShow = defineCommand({
  path: ['job', 'show'],
  summary: 'Show a job: where it stands, its metrics, checkpoints and last events',
  positional: ['id'],
  input: z.strictObject({ id: JobId.describe('id of the job') }),
  run: async ({ id }, { client, output }) => {
    const [job, checkpoints, events] = await Promise.all([
      client.jobs.get(id),
      client.jobs.checkpoints(id),
      client.jobs.listEvents(id, { limit: 1000 }),
    ]);
    output.result({ job, checkpoints: checkpoints.data, events: events.data }, () => {
      const metrics = Object.entries(job.metrics.latest).map(([name, value]) => {
        const best = job.metrics.best[name];
        return [name, formatNumber(value), best === undefined ? '' : formatNumber(best)];
      });
      const lines = [
        `${job.id}  ${job.kind}  ${job.state}  attempt ${job.attempt}`,
        renderJobLine(job, { columns: output.columns() }),
      ];
      if (job.error !== null) lines.push(`error  ${job.error.code}: ${job.error.message}`);
      if (job.result !== null) lines.push(`model  ${job.result.model}`);
      if (metrics.length > 0) lines.push('', ...renderTable(['metric', 'latest', 'best'], metrics));
      if (checkpoints.data.length > 0) {
        const rows = checkpoints.data.map((checkpoint) => [
          checkpoint.id,
          formatNumber(checkpoint.epoch),
          String(checkpoint.step),
        ]);
        lines.push('', ...renderTable(['checkpoint', 'epoch', 'step'], rows));
      }
      lines.push(
        '',
        ...events.data.slice(-10).map((event) => `${event.at.slice(11, 19)}  ${event.type.padEnd(18)}  ${event.message}`),
      );
      return lines;
    });
    return exitCodes.ok;
  },
});
