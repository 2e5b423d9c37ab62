import { JobId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatAge, formatCount, formatShare } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';
import { accuracyOf } from '../progress/job-line.ts';

export const modelLs = defineCommand({
  path: ['model', 'ls'],
  summary: 'List trained models, newest first',
  input: z.strictObject({
    job: JobId.optional().describe('only the model of this job'),
    limit: z.coerce.number().int().min(1).max(500).default(20).describe('how many at most'),
  }),
  run: async ({ job, limit }, { client, output, commandName }) => {
    const page = await client.models.list(job === undefined ? { limit } : { job, limit });
    output.result(page, () => {
      if (page.data.length === 0) return `No model yet. Jobs make them: ${commandName} job submit FILE`;
      const rows = page.data.map((model) => {
        const accuracy = accuracyOf(model.metrics);
        return [
          model.id,
          model.backbone.type,
          model.method ?? 'imported',
          formatCount(model.parameterCount),
          accuracy === null ? '' : formatShare(accuracy),
          formatAge(model.createdAt),
          model.name,
        ];
      });
      return renderTable(['id', 'backbone', 'method', 'parameters', 'accuracy', 'created', 'name'], rows);
    });
    return exitCodes.ok;
  },
});
