import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createQueue, createServices, migrate, openDatabase, type Services, type StoredFiles } from '@scion/jobs';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '@scion/jobs/embedded-postgres';
import type { Settings } from '@scion/schema';
import { type ArtifactStore, mirrorJobMetrics, openArtifactStore, storageOptionsOf } from '@scion/storage';
import { CliError } from '../cli-error.ts';
import { findOwner, lockDataDir } from './data-dir-lock.ts';

/** The records, the queue and the files of a server, opened beside it or in its absence. */
export type ServerParts = { services: Services; files: StoredFiles; close(): Promise<void> };

/**
 * Opens the parts that a server with these settings has. The embedded PostgreSQL is started where no server runs on the folder, which
 * none can take meanwhile.
 *
 * @throws CliError where there is no such folder
 */
export async function openServerParts(settings: Settings, folder: string): Promise<ServerParts> {
  const dataDir = resolve(folder);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let last = closers.pop(); last !== undefined; last = closers.pop()) await last();
  };
  try {
    const databaseUrl = settings.DATABASE_URL ?? (await openEmbedded(dataDir, closers));
    const database = openDatabase(databaseUrl);
    closers.push(() => database.close());
    await migrate(database);
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error); // What it means shows in the findings
    const queue = await createQueue({ redisUrl: settings.REDIS_URL, databaseUrl, onError });
    closers.push(() => queue.close());
    const services = createServices({ database, queue, trashDays: settings.SCION_TRASH_DAYS, onError });
    closers.push(() => services.close());
    const artifactsUrl = settings.ARTIFACTS_URL ?? pathToFileURL(join(dataDir, 'artifacts')).href;
    const store = await openArtifactStore(artifactsUrl, storageOptionsOf({ ...settings, SCION_DATA_DIR: dataDir }));
    return { services, files: storedFiles(store), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openEmbedded(dataDir: string, closers: (() => Promise<void>)[]): Promise<string> {
  if ((await stat(dataDir).catch(() => null)) === null) {
    throw new CliError(`There is no data folder ${dataDir}.`, { next: 'Name the one of the server: --data-dir DIR' });
  }
  if ((await findOwner(dataDir)) !== null) {
    const url = await findEmbeddedPostgres(dataDir);
    if (url === null) throw new CliError(`A server is starting or ending on ${dataDir}.`, { next: 'Try again in a moment.' });
    return url;
  }
  const lock = await lockDataDir(dataDir, { url: '' });
  closers.push(() => lock.release());
  const database = await startEmbeddedPostgres({ dataDir });
  closers.push(() => database.stop());
  return database.url;
}

function storedFiles(store: ArtifactStore): StoredFiles {
  return {
    list: (folder) => store.list(folder),
    get: (key) => store.get(key),
    openRead: (key) => store.openRead(key),
    sizeOf: (key) => store.sizeOf(key),
    remove: (key) => store.remove(key),
    appendMetrics: (jobId, points) => mirrorJobMetrics(store, jobId, points),
  };
}
