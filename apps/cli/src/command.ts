import { z } from 'zod';
import type { CliContext } from './cli-context.ts';
import { CliError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/**
 * A command of the CLI. Its arguments and options are the fields of one zod object: `positional` names those given by place,
 * the others are options (`dataDir` is `--data-dir`). Descriptions and defaults in the help are the schema's own.
 */
export type CliCommand = {
  /** The words that call it: `['job', 'submit']`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly positional: readonly string[];
  readonly input: z.ZodObject;
  /** Checks the raw arguments and options, then runs. */
  readonly run: (raw: Readonly<Record<string, unknown>>, context: CliContext) => Promise<ExitCode>;
};

export function defineCommand<Shape extends z.ZodRawShape>({
  path,
  summary,
  positional = [],
  input,
  run,
}: {
  path: readonly string[];
  summary: string;
  positional?: readonly (keyof Shape & string)[];
  input: z.ZodObject<Shape, z.core.$strict>;
  run: (input: z.infer<z.ZodObject<Shape, z.core.$strict>>, context: CliContext) => Promise<ExitCode>;
}): CliCommand {
  return {
    path,
    summary,
    positional,
    input,
    run: async (raw, context) => {
      const parsed = input.safeParse(raw);
      if (parsed.success) return await run(parsed.data, context);
      throw new CliError(`Wrong use of ${path.join(' ')}.\n${z.prettifyError(parsed.error)}`, {
        exitCode: exitCodes.usage,
        next: `See: ${context.commandName} ${path.join(' ')} --help`,
      });
    },
  };
}
