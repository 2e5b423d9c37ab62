import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { watchJobToExit } from '../progress/watch-job.ts';

export const jobSubmit = defineCommand({
  path: ['job', 'submit'],
  summary: 'Submit a job from a JSON file, or from standard input with -',
  positional: ['file'],
  input: z.strictObject({
    file: z.string().describe('JSON of the job, as POST /v1/jobs takes it; - is standard input'),
    watch: z.boolean().default(false).describe('follow the job until it ends; the exit code tells how'),
    idempotencyKey: z.string().optional().describe('submitting again with the same key gives the same job'),
  }),
  run: async ({ file, watch, idempotencyKey }, context) => {
    const job = await context.client.jobs.create(await readJob(file), { idempotencyKey });
    const { output, commandName } = context;
    if (watch) {
      output.line(`Submitted ${job.id}`);
      return await watchJobToExit(job.id, context);
    }
    output.result(job, () => [`Submitted ${job.id}, ${job.state}`, `Follow it: ${commandName} job watch ${job.id}`]);
    return exitCodes.ok;
  },
});

async function readJob(file: string): Promise<Record<string, unknown>> {
  const source = file === '-' ? 'standard input' : file;
  const body = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new CliError(`Cannot read ${source}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(body));
  } catch (cause) {
    const problem = cause instanceof SyntaxError ? cause.message : 'it is not a JSON object';
    throw new CliError(`${source} does not hold a job: ${problem}`, { cause, next: 'See docs/quickstart.md for an example.' });
  }
}
