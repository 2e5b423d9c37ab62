import { basename, resolve } from 'node:path';
import type { FileStream, ScionClient } from '@scion/client';
import { BadRecordPolicy, CatalogName, type Dataset, type MakeSplitsInput } from '@scion/schema';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { openUpload } from '../datasets/open-upload.ts';
import { splitOption } from '../datasets/split-option.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderDataset } from '../output/dataset-report.ts';
import { formatBytes } from '../output/quantities.ts';
import { createLiveRows } from '../progress/live-rows.ts';

const catalogPrefix = 'catalog:';

export const datasetAdd = defineCommand({
  path: ['dataset', 'add'],
  summary: 'Add a data set and wait until it is validated: a file, a folder, a URL, or one of the catalogue',
  positional: ['path'],
  input: z.strictObject({
    path: z
      .string()
      .describe(`an archive, a folder, an http(s) URL, or catalog:NAME with NAME one of ${CatalogName.options.join(', ')}`),
    name: z.string().min(1).max(200).optional().describe('what to call the data set; default: the name of the file or folder'),
    format: z.string().default('auto').describe('format id, where detection is not wanted'),
    policy: BadRecordPolicy.default('skip').describe('skip records that cannot be used, or fail at the first one'),
    split: splitOption.optional().describe('make splits of a data set that has one only: train=0.8,val=0.1,test=0.1'),
  }),
  run: async ({ path, name, ...options }, { client, output, commandName }) => {
    const rows = createLiveRows(output);
    const added = await addFrom(path, {
      client,
      fields: { ...options, name },
      onProgress: (sentBytes) => {
        if (output.isTerminal) rows.set(0, { text: `Uploading ${path}  ${formatBytes(sentBytes)}`, milestone: '' });
      },
    });
    const validating = `Validating ${added.id}`;
    rows.set(0, { text: `${validating} …`, milestone: validating });
    const dataset = await client.datasets.waitUntilReady(added.id, { pollMs: 250 });
    output.result(dataset, () => renderDataset(dataset));
    if (dataset.state === 'ready') return exitCodes.ok;
    output.note(`The data set cannot be used. Change what is named above, and add it again: ${commandName} dataset add ${path}`);
    return exitCodes.failed;
  },
});

type AddOptions = {
  client: ScionClient;
  fields: { name: string | undefined; format: string; policy: 'skip' | 'fail'; split?: MakeSplitsInput | undefined };
  onProgress: (sentBytes: number) => void;
};

async function addFrom(path: string, { client, fields, onProgress }: AddOptions): Promise<Dataset> {
  if (path.startsWith(catalogPrefix)) {
    const catalog = CatalogName.parse(path.slice(catalogPrefix.length));
    return await client.datasets.fetch({ ...fields, catalog });
  }
  if (/^https?:\/\//.test(path)) return await client.datasets.fetch({ ...fields, url: path });
  const upload: FileStream = await openUpload(path, { onProgress });
  return await client.datasets.create(upload, { ...fields, name: fields.name ?? basename(resolve(path)) });
}
