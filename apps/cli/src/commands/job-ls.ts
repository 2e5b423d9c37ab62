import { JobKind, JobState } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatAge, formatNumber, formatShare } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';
import { accuracyOf } from '../progress/job-line.ts';

export const jobLs = defineCommand({
  path: ['job', 'ls'],
  summary: 'List jobs, newest first',
  input: z.strictObject({
    state: JobState.optional().describe(`only those in this state: ${JobState.options.join(', ')}`),
    kind: JobKind.optional().describe('only those of this kind: pretrain or finetune'),
    tag: z.string().optional().describe('only those with this tag'),
    limit: z.coerce.number().int().min(1).max(500).default(20).describe('how many at most'),
  }),
  run: async ({ state, kind, tag, limit }, { client, output, commandName }) => {
    const filters = Object.fromEntries(Object.entries({ state, kind, tag }).filter(([, value]) => value !== undefined));
    const page = await client.jobs.list({ ...filters, limit });
    output.result(page, () => {
      if (page.data.length === 0) return `No job yet. Submit one: ${commandName} job submit FILE`;
      const rows = page.data.map((job) => {
        const accuracy = accuracyOf(job.metrics.latest);
        const loss = job.metrics.latest['train/loss'];
        return [
          job.id,
          job.kind,
          job.state,
          formatShare(job.progress.fraction),
          loss === undefined ? '' : formatNumber(loss),
          accuracy === null ? '' : formatShare(accuracy),
          formatAge(job.createdAt),
          job.name,
        ];
      });
      const table = renderTable(['id', 'kind', 'state', 'done', 'loss', 'accuracy', 'created', 'name'], rows);
      return page.hasMore ? [...table, `There are more: --limit ${Math.min(500, limit * 5)}`] : table;
    });
    return exitCodes.ok;
  },
});
