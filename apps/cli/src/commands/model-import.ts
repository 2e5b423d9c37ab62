import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ScionClient } from '@scion/client';
import type { ImportReport, Model } from '@scion/schema';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { backboneOption, renameOption, shapeOption } from '../models/import-options.ts';
import { formatCount } from '../output/quantities.ts';

const mostNames = 10;

export const modelImport = defineCommand({
  path: ['model', 'import'],
  summary: 'Make a file of weights (safetensors, or PyTorch .pt or .pth) a model to finetune from',
  positional: ['file'],
  input: z.strictObject({
    file: z.string().describe('the file, or an http(s) URL that the server fetches it from'),
    backbone: backboneOption.describe(
      'what the weights are of: an id, or JSON such as \'{"type":"resnet18","stem":"imagenet"}\'',
    ),
    name: z.string().min(1).max(200).optional().describe('what to call the model; default: the name of the file'),
    inputShape: shapeOption
      .optional()
      .describe('height,width,channels of the images that they were made for; default: 224,224,3'),
    rename: renameOption.optional().describe('beginnings of names to replace: module.=,encoder.=backbone.'),
    entry: z.string().min(1).optional().describe('entry of a PyTorch checkpoint that holds the tensors'),
    partial: z.boolean().default(false).describe('take a file that lacks parameters, or holds some in another shape'),
  }),
  run: async ({ file, partial, ...fields }, { client, output, commandName }) => {
    const model = await importFrom(file, { client, fields: { ...fields, strict: !partial } });
    output.result(model, () => [
      `${model.id}  ${model.name}  ${model.backbone.type}  ${formatCount(model.parameterCount)} parameters`,
      ...(model.import ? describeReport(model.import) : []),
      `Finetune from it: "from": { "model": "${model.id}" } in a job, then ${commandName} job submit FILE`,
    ]);
    return exitCodes.ok;
  },
});

type Fields = Parameters<ScionClient['models']['import']>[1];

async function importFrom(file: string, { client, fields }: { client: ScionClient; fields: Fields }): Promise<Model> {
  if (/^https?:\/\//.test(file)) return await client.models.importFrom(file, fields);
  const found = await stat(file).catch(() => null);
  if (!found?.isFile())
    throw new CliError(`There is no file ${file}.`, { next: 'Give the path of a safetensors or PyTorch file.' });
  return await client.models.import({ name: basename(file), stream: createReadStream(file) }, fields);
}

/** What a person should know about how the file became the model. */
function describeReport({ loaded, missing, reshaped, unexpected, converted }: ImportReport): string[] {
  const types = Object.entries(converted).map(([type, count]) => `${count} of type ${type}, kept as F32`);
  const shapes = reshaped.map(({ name, stored, expected }) => `${name} (${stored.join('×')}, not ${expected.join('×')})`);
  return [
    `loaded      ${[loaded, ...types].join(', ')}`,
    ...listed('missing', missing),
    ...listed('reshaped', shapes),
    ...listed('unexpected', unexpected),
  ];
}

function listed(title: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > mostNames ? `, … (${names.length} in all)` : '';
  return [`${title.padEnd(10)}  ${names.slice(0, mostNames).join(', ')}${more}`];
}
