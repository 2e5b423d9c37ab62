import { basename, resolve } from 'node:path';
import type { DatasetFields, ScionClient } from '@scion/client';
import { BadRecordPolicy, CatalogName, type Dataset, NamePattern } from '@scion/schema';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { openUpload } from '../datasets/open-upload.ts';
import { columnsOption, maskClassesOption } from '../datasets/read-options.ts';
import { splitOption } from '../datasets/split-option.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderDataset } from '../output/dataset-report.ts';
import { createLiveRows } from '../progress/live-rows.ts';
import { renderUploadLine } from '../progress/upload-line.ts';

const catalogPrefix = 'catalog:';

export const datasetAdd = defineCommand({
  path: ['dataset', 'add'],
  summary: 'Add a data set and wait until it is validated: a file, a folder, a URL, or one of the catalogue',
  positional: ['path'],
  input: z.strictObject({
    path: z
      .string()
      .describe(`an archive, a folder, an http(s) or s3 URL, or catalog:NAME with NAME one of ${CatalogName.options.join(', ')}`),
    name: z.string().min(1).max(200).optional().describe('what to call the data set; default: the name of the file or folder'),
    format: z.string().default('auto').describe('format id, where detection is not wanted'),
    policy: BadRecordPolicy.default('skip').describe('skip records that cannot be used, or fail at the first one'),
    resume: z.string().optional().describe('go on with an upload that broke off: the id that was told then, upl_…'),
    columns: columnsOption
      .optional()
      .describe('roles of the columns of tables, where they are guessed wrong: label=species,group=patient'),
    namePattern: NamePattern.optional().describe('what the names of files tell: {label}_{group}_*'),
    maskClasses: maskClassesOption.optional().describe('classes of pixels by their value in masks: sky,road,void'),
    split: splitOption.optional().describe('make splits of a data set that has one only: train=0.8,val=0.1,test=0.1'),
  }),
  run: async ({ path, name, resume, ...options }, { client, output, commandName }) => {
    const rows = createLiveRows(output);
    let label = `Uploading ${path}`;
    const added = await addFrom(path, {
      client,
      fields: { ...options, name },
      resume,
      onBegun: (uploadId) => {
        label = `${label} as ${uploadId}`;
        rows.set(0, { text: label, milestone: label });
      },
      onProgress: (sentBytes, sizeBytes) => {
        if (!output.isTerminal) return;
        rows.set(0, { text: renderUploadLine({ label, sentBytes, sizeBytes, columns: output.columns() }), milestone: label });
      },
      resumeWith: (uploadId) => `${commandName} dataset add ${path} --resume ${uploadId}`,
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
  fields: Omit<DatasetFields, 'fileName'>;
  resume: string | undefined;
  onBegun: (uploadId: string) => void;
  /** `sizeBytes` is null where nobody knows it before the end. */
  onProgress: (sentBytes: number, sizeBytes: number | null) => void;
  /** The command that goes on with an upload. */
  resumeWith: (uploadId: string) => string;
};

async function addFrom(path: string, options: AddOptions): Promise<Dataset> {
  const { client, fields } = options;
  if (path.startsWith(catalogPrefix)) {
    const catalog = CatalogName.parse(path.slice(catalogPrefix.length));
    return await client.datasets.fetch({ ...fields, catalog });
  }
  if (/^(https?|s3):\/\//.test(path)) return await client.datasets.fetch({ ...fields, url: path });
  return await addUpload(path, options);
}

async function addUpload(path: string, options: AddOptions): Promise<Dataset> {
  const { client, fields, resume, onBegun, onProgress, resumeWith } = options;
  let sizeBytes: number | null = null;
  const hear = (sentBytes: number) => onProgress(sentBytes, sizeBytes);
  const upload = await openUpload(path, { onProgress: hear });
  sizeBytes = upload.sizeBytes;
  const named = { ...fields, name: fields.name ?? basename(resolve(path)), fileName: upload.name };
  if (upload.kind === 'stream') return await client.datasets.create(upload, named);
  let uploadId = resume;
  try {
    return await client.datasets.create(upload.file, named, {
      resume,
      onProgress: hear,
      onBegun: (id) => {
        uploadId = id;
        onBegun(id);
      },
    });
  } catch (cause) {
    if (uploadId === undefined) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`The upload broke off: ${why}`, {
      cause,
      next: `What has arrived is kept for a week. Go on: ${resumeWith(uploadId)}`,
    });
  }
}
