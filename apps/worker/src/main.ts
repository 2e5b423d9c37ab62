import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createQueue, createServices, migrate, openDatabase } from '@scion/jobs';
import { Settings, s3ImportsOf } from '@scion/schema';
import { openArtifactStore, storageOptionsOf } from '@scion/storage';
import { pino } from 'pino';
import { z } from 'zod';
import { fetchRulesOf } from './datasets/fetch-rules.ts';
import { detectSlots } from './processes/slots.ts';
import { startSupervisor } from './supervisor.ts';

const closeWithinMs = 29_000; // Above the supervisor's own grace for trainers

async function main(): Promise<void> {
  const parsed = Settings.safeParse(process.env);
  if (!parsed.success) throw new Error(`The environment is not valid:\n${z.prettifyError(parsed.error)}`);
  const settings = parsed.data;
  const log = pino({ level: settings.SCION_LOG_LEVEL, base: { name: 'worker' } });

  const databaseUrl = settings.DATABASE_URL;
  if (databaseUrl === undefined) throw new Error('DATABASE_URL is not set; `scion up` brings its own PostgreSQL');
  const database = openDatabase(databaseUrl);
  await migrate(database);
  const onError = (error: unknown) => log.warn({ err: error }, 'queue');
  const queue = await createQueue({ redisUrl: settings.REDIS_URL, databaseUrl, onError });
  const services = createServices({
    database,
    queue,
    trashDays: settings.SCION_TRASH_DAYS,
    auditDays: settings.SCION_AUDIT_DAYS,
    onError,
  });
  const artifactsUrl = settings.ARTIFACTS_URL ?? pathToFileURL(resolve(settings.SCION_DATA_DIR, 'artifacts')).href;
  const storage = storageOptionsOf(settings);
  const supervisor = await startSupervisor({
    services,
    queue,
    store: await openArtifactStore(artifactsUrl, storage),
    slots: await detectSlots({ environment: process.env, count: settings.SCION_SLOTS }),
    trainerPath: fileURLToPath(import.meta.resolve('@scion/trainer/process')),
    packPath: fileURLToPath(import.meta.resolve('@scion/data/pack-process')),
    environment: process.env,
    fetchRules: fetchRulesOf(settings),
    s3Imports: { places: s3ImportsOf(settings), access: storage.s3 },
    limits: { memoryBytes: settings.SCION_TRAINER_MEMORY_BYTES ?? null },
    timings: { lease: settings.SCION_LEASE_SECONDS * 1000, renewEvery: settings.SCION_LEASE_SECONDS * 200 },
    log,
  });

  let isClosing = false;
  const close = async (reason: string) => {
    if (isClosing) return;
    isClosing = true;
    log.info({ reason }, 'closing');
    setTimeout(() => process.exit(1), closeWithinMs).unref();
    await supervisor.close();
    await services.close();
    await queue.close();
    await database.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isClosing) process.exit(1); // A second one: now. Trainers end when their supervisor is gone
      close(signal).catch((error: unknown) => {
        log.error({ err: error }, 'did not close in order');
        process.exit(1);
      });
    });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`scion worker could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
