import { DatasetId } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderDataset } from '../output/dataset-report.ts';

export const datasetShow = defineCommand({
  path: ['dataset', 'show'],
  summary: 'Show a data set: splits, classes, and what validation found',
  positional: ['id'],
  input: z.strictObject({ id: DatasetId.describe('id of the data set') }),
  run: async ({ id }, { client, output }) => {
    const dataset = await client.datasets.get(id);
    output.result(dataset, () => renderDataset(dataset));
    return exitCodes.ok;
  },
});
