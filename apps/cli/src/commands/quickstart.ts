import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createClient } from '@scion/client';
import { z } from 'zod';
import type { CliContext } from '../cli-context.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { findOwner } from '../server/data-dir-lock.ts';
import type { RunningServer } from '../server/start-server.ts';
import { whenAskedToStop } from '../server/stop-signal.ts';

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
    const stopSignal = whenAskedToStop();
    const { url, server } = await findOrStartServer(dataDir, context);
    try {
      output.line(`Server  ${url} (data in ${relative(process.cwd(), dataDir) || '.'})`);
      const { runQuickstart } = await import('../quickstart/run-quickstart.ts');
      const cacheDir = join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scion', 'quickstart');
      const running = runQuickstart({ ...context, client: createClient({ url }) }, { cacheDir });
      const result = await Promise.race([running, stopSignal.first, ...(server === null ? [] : [server.died])]);
      if (result === 'stop') {
        running.catch(() => undefined);
        output.line('\nStopped. What was running goes on at the next start.');
        return exitCodes.failed;
      }
      if ('how' in result) throw await describeDeath(result);
      output.result({ url, dataDir, kept: keep, ...result }, () =>
        nextSteps({ url, keep: keep || server === null, model: result.model, ...context }),
      );
      if (keep && server !== null) await Promise.race([stopSignal.first, server.died]);
      return exitCodes.ok;
    } finally {
      await server?.stop();
    }
  },
});

/** A server that runs on the folder already is used, and left running. */
async function findOrStartServer(
  dataDir: string,
  { settings, env }: CliContext,
): Promise<{ url: string; server: RunningServer | null }> {
  const owner = await findOwner(dataDir);
  if (owner !== null) return { url: owner.url, server: null };
  const { startServer } = await import('../server/start-server.ts');
  const { findListeningPort } = await import('../server/listening-port.ts');
  const host = settings.SCION_HOST;
  const port = await findListeningPort({ host, port: settings.SCION_PORT, patienceMs: 0 }).catch(() => 0);
  const server = await startServer({ settings, env, host, port, dataDir });
  return { url: server.url, server };
}

async function describeDeath(end: Awaited<RunningServer['died']>): Promise<Error> {
  const { serviceDied } = await import('../server/start-server.ts');
  return serviceDied(end);
}

function nextSteps({
  url,
  keep,
  model,
  commandName,
}: {
  url: string;
  keep: boolean;
  model: string;
  commandName: string;
}): string[] {
  const server = keep
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
