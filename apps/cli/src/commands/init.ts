import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { jobTemplate } from '../job-file/job-template.ts';

export const init = defineCommand({
  path: ['init'],
  summary: 'Write a job file for a method, with all its settings explained',
  positional: ['method', 'file'],
  input: z.strictObject({
    method: z.string().describe('id of the method, such as linear-probe or simclr'),
    file: z.string().default('job.jsonc').describe('where to write it; - is standard output'),
    kind: z.enum(['pretrain', 'finetune']).optional().describe('needed where both have a method of this name'),
    force: z.boolean().default(false).describe('write over a file that is there'),
  }),
  run: async ({ method: id, file, kind, force }, { output, commandName }) => {
    const { finetuneMethods, pretrainMethods, Training } = await import('@scion/trainer/catalog');
    const methods = [
      ...pretrainMethods.map((method) => ({ kind: 'pretrain' as const, ...method })),
      ...finetuneMethods.map((method) => ({ kind: 'finetune' as const, ...method })),
    ];
    const found = methods.filter((method) => method.id === id && (kind === undefined || method.kind === kind));
    const [method] = found;
    if (!method) {
      const known = methods.filter((other) => kind === undefined || other.kind === kind).map((other) => other.id);
      throw new CliError(`There is no method ${id}.`, { exitCode: exitCodes.usage, next: `Take one of: ${known.join(', ')}` });
    }
    if (found.length > 1) {
      const next = `Say --kind ${found.map((other) => other.kind).join(' or --kind ')}.`;
      throw new CliError(`More than one method is called ${id}.`, { exitCode: exitCodes.usage, next });
    }
    const template = jobTemplate(method, Training);
    if (file === '-') {
      output.line(template.trimEnd());
      return exitCodes.ok;
    }
    await writeFile(file, template, { flag: force ? 'w' : 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      const isThere = cause.code === 'EEXIST';
      const message = isThere ? `${file} is there already.` : `Cannot write ${file}: ${cause.message}`;
      throw new CliError(message, { cause, ...(isThere ? { next: 'Give another name, or --force.' } : {}) });
    });
    output.result({ file }, () => [
      `Wrote ${file}: fill in what it starts from and its data set`,
      `Then: ${commandName} job submit ${file} --watch`,
    ]);
    return exitCodes.ok;
  },
});
