import { createClient } from '@scion/client';
import { Settings } from '@scion/schema';
import { CommanderError } from 'commander';
import { z } from 'zod';
import { CliError, reportError } from './cli-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { createOutput, type OutputStream } from './output/output.ts';
import { createProgram, exitCodeOfUsage } from './program.ts';

export type CliSurroundings = { env: NodeJS.ProcessEnv; stdout: OutputStream; stderr: OutputStream };

/** Runs one command line, says on `stderr` what went wrong if something did, and gives the exit code. */
export async function runCli(args: readonly string[], { env, stdout, stderr }: CliSurroundings): Promise<ExitCode> {
  // npm sets this for what it runs: a clone has no `scion` on its path, so messages suggest what works there.
  const commandName = env['npm_lifecycle_event'] === undefined ? 'scion' : 'npm run scion --';
  let exitCode: ExitCode = exitCodes.ok;
  let url = '';
  const program = createProgram({
    stdout,
    stderr,
    createContext: ({ json }) => {
      const settings = parseSettings(env);
      url = settings.SCION_URL;
      return {
        settings,
        env,
        commandName,
        client: createClient({ url, apiKey: settings.SCION_API_KEY }),
        output: createOutput({ stdout, stderr, json }),
      };
    },
    onExitCode: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOfUsage(error);
    const report = reportError(error, { commandName, url });
    if (args.includes('--json')) {
      const { exitCode: _, ...body } = report;
      stderr.write(`${JSON.stringify({ error: body }, null, 2)}\n`);
    } else {
      stderr.write(`${[report.message, ...report.details.map(detailLine), report.next].join('\n')}\n`);
    }
    return report.exitCode;
  }
}

function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = Settings.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new CliError(`The environment has a wrong value.\n${z.prettifyError(parsed.error)}`, {
    exitCode: exitCodes.usage,
    next: 'See docs/configuration.md for what each variable takes.',
  });
}

function detailLine({ path, message }: { path: string; message: string }): string {
  return `  ${path === '' ? '' : `${path}: `}${message}`;
}
