import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';

const JsonObject = z.record(z.string(), z.unknown());

/**
 * Reads a job, or a patch of one, out of a file, or out of standard input for `-`. JSON may have comments and trailing commas, as the
 * files that `scion init` writes do.
 *
 * @throws CliError which names the file, and the line of what is wrong in it.
 */
export async function readJobFile(file: string): Promise<Record<string, unknown>> {
  const source = file === '-' ? 'standard input' : file;
  const body = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new CliError(`Cannot read ${source}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const errors: ParseError[] = [];
  const job = JsonObject.safeParse(parse(body, errors, { allowTrailingComma: true }));
  const [first] = errors;
  if (job.success && !first) return job.data;
  const problem = first ? describeParseError(body, first) : 'it is not a JSON object';
  throw new CliError(`${source} does not hold a job: ${problem}`, { next: 'To begin with a full one: scion init METHOD' });
}

/** `line 3: value expected` */
function describeParseError(body: string, { error, offset }: ParseError): string {
  const line = body.slice(0, offset).split('\n').length;
  const what = printParseErrorCode(error)
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase();
  return `line ${line}: ${what}`;
}
