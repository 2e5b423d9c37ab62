import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { serviceDied } from '../server/service-died.ts';
import { startForCommand } from '../server/start-for-command.ts';

export const up = defineCommand({
  path: ['up'],
  summary: 'Start a server: the API, a worker, and PostgreSQL where none is given',
  input: z.strictObject({
    port: z.coerce
      .number()
      .int()
      .min(0)
      .max(65535)
      .optional()
      .describe('port of the API, 0 for any free one (default: SCION_PORT or 8080)'),
    host: z.string().optional().describe('address of the API (default: SCION_HOST or 127.0.0.1)'),
    dataDir: z.string().optional().describe('folder of everything that the server keeps (default: SCION_DATA_DIR or .scion)'),
  }),
  run: async ({ port, host, dataDir }, context) => {
    const { settings, output } = context;
    const { server, stopSignal } = await startForCommand(context, {
      host: host ?? settings.SCION_HOST,
      port: port ?? settings.SCION_PORT,
      dataDir: dataDir ?? settings.SCION_DATA_DIR,
    });
    output.record({ url: server.url, dataDir: server.dataDir, pid: process.pid, apiKey: server.firstKey });
    output.line(`Scion is up at ${server.url} (data and logs in ${server.dataDir}; Ctrl-C stops it)`);
    if (server.firstKey !== null) output.line(`Its first API key, which is not shown again: SCION_API_KEY=${server.firstKey}`);

    const end = await Promise.race([stopSignal.first, server.died]);
    if (end === 'stop') output.line('Stopping: running jobs are handed back first (Ctrl-C again ends at once)');
    await server.stop();
    if (end !== 'stop') throw serviceDied(end);
    return exitCodes.ok;
  },
});
