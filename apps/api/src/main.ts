import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createQueue, createServices, migrate, openDatabase } from '@scion/jobs';
import { datasetFoldersOf, Settings, s3ImportsOf } from '@scion/schema';
import { openArtifactStore, storageOptionsOf } from '@scion/storage';
import * as catalogue from '@scion/trainer/catalog';
import { z } from 'zod';
import { createApp } from './app.ts';
import { createCloser } from './closer.ts';
import { createWeightsImporter } from './imports/weights-importer.ts';
import { serverLimitsOf } from './limits/server-limits.ts';
import { createLog } from './log.ts';
import { createPredictor } from './prediction/predictor.ts';

const closeWithinMs = 10_000;

async function main(): Promise<void> {
  const parsed = Settings.safeParse(process.env);
  if (!parsed.success) throw new Error(`The environment is not valid:\n${z.prettifyError(parsed.error)}`);
  const settings = parsed.data;
  const log = createLog(settings.SCION_LOG_LEVEL);
  const closer = createCloser({ log, withinMs: closeWithinMs });
  closer.closeOnSignals();

  const databaseUrl = settings.DATABASE_URL;
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set; `scion up` brings its own PostgreSQL');
  const database = closer.opened('database', openDatabase(databaseUrl));
  await migrate(database);
  const warn = (error: unknown) => log.warn({ err: error }, 'queue');
  const queue = closer.opened('queue', await createQueue({ redisUrl: settings.REDIS_URL, databaseUrl, onError: warn }));
  const services = closer.opened(
    'services',
    createServices({
      database,
      queue,
      trashDays: settings.SCION_TRASH_DAYS,
      auditDays: settings.SCION_AUDIT_DAYS,
      onError: warn,
    }),
  );
  const limits = serverLimitsOf(settings);
  if (limits.requiresKey && settings.SCION_ADMIN_KEY !== undefined && (await services.keys.adopt(settings.SCION_ADMIN_KEY)))
    log.info('SCION_ADMIN_KEY is the admin key from now on');
  const artifactsUrl = settings.ARTIFACTS_URL ?? pathToFileURL(resolve(settings.SCION_DATA_DIR, 'artifacts')).href;
  const store = await openArtifactStore(artifactsUrl, storageOptionsOf(settings));
  const predictor = closer.opened(
    'predictor',
    createPredictor({ processPath: fileURLToPath(import.meta.resolve('@scion/trainer/predictor-process')), artifactsUrl, log }),
  );
  const importer = closer.opened(
    'importer',
    createWeightsImporter({
      processPath: fileURLToPath(import.meta.resolve('@scion/trainer/import-process')),
      artifactsUrl,
      log,
      rules: { maxBytes: settings.SCION_MAX_UPLOAD_BYTES, allowPrivateAddresses: settings.SCION_ALLOW_PRIVATE_URLS },
    }),
  );

  const dashboardDir = fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
  const hasDashboard = existsSync(resolve(dashboardDir, 'index.html'));
  if (!hasDashboard) log.warn('the dashboard is not built, so /dashboard is not served; `npm run build` builds it');
  const app = await createApp({
    services,
    database,
    queue,
    store,
    catalogue,
    predictor,
    importer,
    log,
    version: await readVersion(),
    maxUploadBytes: settings.SCION_MAX_UPLOAD_BYTES,
    limits,
    datasetFolders: datasetFoldersOf(settings),
    s3Imports: s3ImportsOf(settings),
    dashboardDir: hasDashboard ? dashboardDir : undefined,
  });
  closer.opened('server', app);
  await app.listen({ host: settings.SCION_HOST, port: settings.SCION_PORT });
}

async function readVersion(): Promise<string> {
  const file = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(file)).version;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`scion api could not start: ${message}\n`);
  process.exit(1);
});
