import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createTestServices, type TestServices } from '@scion/jobs/testkit';
import { Settings } from '@scion/schema';
import { type ArtifactStore, openFileSystemStore } from '@scion/storage';
import * as catalogue from '@scion/trainer/catalog';
import { pino } from 'pino';
import { createApp } from '../app.ts';
import type { AppDependencies } from '../app-dependencies.ts';
import type { App } from '../app-instance.ts';
import { createWeightsImporter } from '../imports/weights-importer.ts';
import { type ServerLimits, serverLimitsOf } from '../limits/server-limits.ts';
import { createPredictor } from '../prediction/predictor.ts';

export type TestApp = TestServices & {
  app: App;
  url: string;
  store: ArtifactStore;
  log: string[];
  /** Removes what is in the trash and may go, as a worker does. */
  emptyTrash(): Promise<void>;
};

const predictorProgram = fileURLToPath(new URL('./predictor-program.js', import.meta.url));

/** The real app, listening, on a real PostgreSQL and a real store of its own; all of it ends with the test. */
export async function startTestApp(
  t: TestContext,
  {
    port = 0,
    predictTimeoutMs = 30_000,
    trashDays = 30,
    limits = {},
    ...overrides
  }: Omit<Partial<AppDependencies>, 'limits'> & {
    limits?: Partial<ServerLimits>;
    port?: number;
    predictTimeoutMs?: number;
    trashDays?: number;
  } = {},
): Promise<TestApp> {
  const parts = await createTestServices({ trashDays });
  const folder = await mkdtemp(join(tmpdir(), 'scion-api-'));
  const store = await openFileSystemStore(folder);
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => log.push(line) });
  const predictor = createPredictor({
    processPath: predictorProgram,
    artifactsUrl: store.url,
    log: logger,
    requestTimeoutMs: predictTimeoutMs,
  });
  const importer = createWeightsImporter({
    processPath: fileURLToPath(import.meta.resolve('@scion/trainer/import-process')),
    artifactsUrl: store.url,
    log: logger,
    rules: { maxBytes: 1_000_000, allowPrivateAddresses: true },
  });
  const app = await createApp({
    services: parts.services,
    database: parts.database,
    queue: parts.queue,
    store,
    catalogue,
    predictor,
    importer,
    log: logger,
    version: '0.0.0-test',
    maxUploadBytes: 1_000_000,
    limits: { ...serverLimitsOf(Settings.parse({})), ...limits },
    ...overrides,
  });
  t.after(async () => {
    await app.close();
    await predictor.close();
    await importer.close();
    await parts.close();
    await rm(folder, { recursive: true, force: true });
  });
  const url = await app.listen({ host: '127.0.0.1', port });
  const emptyTrash = async () => {
    for (const key of await parts.services.trash.purge()) await store.remove(key);
  };
  return { ...parts, app, url, store, log, emptyTrash };
}
