import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { watchJobsToExit } from '../progress/watch-job.ts';

export const jobSubmit = defineCommand({
  path: ['job', 'submit'],
  summary: 'Submit a job, or a chain of jobs, from a JSON file, or from standard input with -',
  positional: ['file'],
  input: z.strictObject({
    file: z.string().describe('JSON of the job, as POST /v1/jobs takes it; - is standard input'),
    watch: z.boolean().default(false).describe('follow the job until it ends; the exit code tells how'),
    idempotencyKey: z.string().optional().describe('submitting again with the same key gives the same job'),
  }),
  run: async ({ file, watch, idempotencyKey }, context) => {
    const body = await readJsonObject(file);
    const chain = z.looseObject({ kind: z.literal('chain'), jobs: z.array(z.record(z.string(), z.unknown())) }).safeParse(body);
    const { client, output, commandName } = context;
    const jobs = chain.success
      ? await client.jobs.createChain(chain.data.jobs, { idempotencyKey })
      : [await client.jobs.create(body, { idempotencyKey })];
    if (watch) {
      for (const { id } of jobs) output.line(`Submitted ${id}`);
      return await watchJobsToExit(
        jobs.map(({ id }) => id),
        context,
      );
    }
    output.result(chain.success ? { data: jobs } : jobs[0], () =>
      jobs.flatMap(({ id, state }) => [`Submitted ${id}, ${state}`, `Follow it: ${commandName} job watch ${id}`]),
    );
    return exitCodes.ok;
  },
});

/** Reads a JSON object out of a file, or out of standard input for `-`. */
export async function readJsonObject(file: string): Promise<Record<string, unknown>> {
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
