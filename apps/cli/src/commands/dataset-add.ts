import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { openUpload } from '../datasets/open-upload.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderDataset } from '../output/dataset-report.ts';
import { formatBytes } from '../output/quantities.ts';
import { createLiveRows } from '../progress/live-rows.ts';

export const datasetAdd = defineCommand({
  path: ['dataset', 'add'],
  summary: 'Upload an archive, or a folder as one, and wait until it is validated',
  positional: ['path'],
  input: z.strictObject({
    path: z.string().describe('a zip, tar or tar.gz file, or a folder'),
    name: z.string().min(1).max(200).optional().describe('what to call the data set; default: the name of the file or folder'),
    format: z.string().default('auto').describe('format id, where detection is not wanted'),
  }),
  run: async ({ path, name = basename(resolve(path)), format }, { client, output, commandName }) => {
    const rows = createLiveRows(output);
    const upload = await openUpload(path, {
      onProgress: (sentBytes) => {
        if (output.isTerminal) rows.set(0, { text: `Uploading ${name}  ${formatBytes(sentBytes)}`, milestone: '' });
      },
    });
    const added = await client.datasets.create(upload, { name, format });
    const validating = `Validating ${added.id}`;
    rows.set(0, { text: `${validating} …`, milestone: validating });
    const dataset = await client.datasets.waitUntilReady(added.id, { pollMs: 250 });
    output.result(dataset, () => renderDataset(dataset));
    if (dataset.state === 'ready') return exitCodes.ok;
    output.note(
      `The data set cannot be used. Change the files named above, and add it again: ${commandName} dataset add ${path}`,
    );
    return exitCodes.failed;
  },
});
