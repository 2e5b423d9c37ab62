import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createClient } from '@scion/client';
import { z } from 'zod';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { findOwner } from '../server/data-dir-lock.ts';
import { findListeningPort } from '../server/listening-port.ts';
import { serviceDied } from '../server/service-died.ts';
import { type CommandServer, startForCommand } from '../server/start-for-command.ts';

export const quickstart = defineCommand({
  path: ['quickstart'],
  summary: 'See it work: start a server, pretrain, finetune with ten labels, compare with training from scratch',
  input: z.strictObject({
    keep: z.boolean().default(false).describe('leave the server up afterwards'),
    dataDir: z.string().optional().describe('folder of everything that the server keeps (default: SCION_DATA_DIR or .scion)'),
  }),
  run: async ({ keep, dataDir: folder }, context) => {
    const { output, settings, env } = context;
    const dataDir = resolve(folder ?? settings.SCION_DATA_DIR);
    const { url, started } = await findOrStartServer(dataDir, context);
    const interruption = whenInterrupted(started);
    // It may come before anyone waits for it, and is answered by those who do.
    interruption.catch(() => undefined);
    const waiting = new AbortController();
    try {
      if (started?.server.firstKey) output.line(`Key     SCION_API_KEY=${started.server.firstKey} (not shown again)`);
      output.line(`Server  ${url} (data in ${relative(process.cwd(), dataDir) || '.'})`);
      const { runQuickstart } = await import('../quickstart/run-quickstart.ts');
      const cacheDir = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scion', 'quickstart');
      const running = runQuickstart(
        { ...context, client: createClient({ url, apiKey: started?.server.firstKey ?? settings.SCION_API_KEY }) },
        { cacheDir, signal: waiting.signal },
      );
      const result = await Promise.race([running, interruption]);
      const staysUp = keep || started === null;
      output.result({ url, dataDir, ...result }, () => nextSteps({ url, staysUp, model: result.model, ...context }));
      if (keep && started !== null) await Promise.race([started.stopSignal.first, interruption]);
      return exitCodes.ok;
    } finally {
      waiting.abort();
      await started?.server.stop();
    }
  },
});

/** A server that runs on the folder already is used, and left running. */
async function findOrStartServer(dataDir: string, context: CliContext): Promise<{ url: string; started: CommandServer | null }> {
  const owner = await findOwner(dataDir);
  if (owner !== null) return { url: owner.url, started: null };
  const { SCION_HOST: host, SCION_PORT: usualPort } = context.settings;
  const port = await findListeningPort({ host, port: usualPort, patienceMs: 0 }).catch(() => 0);
  const started = await startForCommand(context, { host, port, dataDir });
  return { url: started.server.url, started };
}

/** Rejects when the user asks to stop, or when the server dies. */
async function whenInterrupted(started: CommandServer | null): Promise<never> {
  if (started === null) return await new Promise(() => undefined);
  const end = await Promise.race([started.stopSignal.first, started.server.died]);
  if (end === 'stop') throw new CliError('Stopped.', { next: 'What was running goes on at the next start.' });
  throw serviceDied(end);
}

type NextSteps = { url: string; staysUp: boolean; model: string; commandName: string };

function nextSteps({ url, staysUp, model, commandName }: NextSteps): string[] {
  const server = staysUp
    ? [`The server is up at ${url} (dashboard: ${url}/dashboard, API: ${url}/docs); Ctrl-C stops it. Next:`]
    : ['Next:', `  ${commandName} up`, '      the server again, with all of this in it; its page is /dashboard'];
  return [
    ...server,
    `  ${commandName} model predict ${model} IMAGE`,
    '      classify an image of your own',
    `  ${commandName} dataset add FOLDER`,
    '      your own data: FOLDER/train/CLASS/*.jpg',
    '',
    'docs/quickstart.md says what has just happened, docs/curl.md does the same with curl.',
  ];
}
