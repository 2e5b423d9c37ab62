import { DatasetState } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatAge, formatBytes, formatCount } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

export const datasetLs = defineCommand({
  path: ['dataset', 'ls'],
  summary: 'List data sets, newest first',
  input: z.strictObject({
    state: DatasetState.optional().describe(`only those in this state: ${DatasetState.options.join(', ')}`),
    limit: z.coerce.number().int().min(1).max(500).default(20).describe('how many at most'),
  }),
  run: async ({ state, limit }, { client, output, commandName }) => {
    const page = await client.datasets.list(state === undefined ? { limit } : { state, limit });
    output.result(page, () => {
      if (page.data.length === 0) return `No data set yet. Add one: ${commandName} dataset add PATH`;
      const rows = page.data.map((dataset) => {
        const examples = Object.values(dataset.splits).reduce((sum, split) => sum + split.examples, 0);
        const { id, state, format, name, sizeBytes, createdAt } = dataset;
        return [id, state, format, formatCount(examples), formatBytes(sizeBytes), formatAge(createdAt), name];
      });
      return renderTable(['id', 'state', 'format', 'examples', 'upload', 'created', 'name'], rows);
    });
    return exitCodes.ok;
  },
});
