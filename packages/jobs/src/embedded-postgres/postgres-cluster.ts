import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ScionError } from '@scion/schema';
import type { Account } from './postgres-account.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';

const run = promisify(execFile);

export const postgresUser = 'scion';

/** A folder that a server can run on, and the password of its one user. */
export type Cluster = { folder: string; password: string };

type PrepareCluster = {
  home: string;
  binaries: PostgresBinaries;
  account: Account | null;
  /** False for throw-away data: nothing waits for the disk. */
  durable: boolean;
};

/** Opens the cluster in `home`, or initialises one: beside its place, then renamed, so that a kill leaves no half of one. */
export async function prepareCluster({ home, binaries, account, durable }: PrepareCluster): Promise<Cluster> {
  const folder = join(home, 'data');
  const passwordFile = join(home, 'password');
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) {
    await requireSameMajor(version.trim(), binaries);
    return { folder, password: (await readFile(passwordFile, 'utf8')).trim() };
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) await chown(passwordFile, account.uid, account.gid);
  const unfinished = join(home, 'data.new');
  await rm(unfinished, { recursive: true, force: true });
  const args = [
    `--pgdata=${unfinished}`,
    `--username=${postgresUser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-locale',
    '--set=timezone=UTC', // Given, so that initdb does not search the system's time zones
    '--set=log_timezone=UTC',
    ...(durable ? [] : ['--no-sync']),
  ];
  await run(binaries.initdb, args, { ...account, cwd: home, env: serverEnvironment() }).catch((cause: unknown) => {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ScionError('unavailable', `The embedded PostgreSQL could not be initialised: ${detail}`, { cause });
  });
  await rename(unfinished, folder);
  return { folder, password };
}

/** The cluster that stands in `home`; null where there is none yet. */
export async function readCluster(home: string): Promise<Cluster | null> {
  const password = await readFile(join(home, 'password'), 'utf8').catch(() => null);
  return password === null ? null : { folder: join(home, 'data'), password: password.trim() };
}

/** Nothing of ours is handed down: an inherited PGDATA or LC_ALL would change what the server does. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { PATH, ...(SystemRoot === undefined ? {} : { SystemRoot }), LC_ALL: 'C', TZ: 'UTC' };
}

async function requireSameMajor(found: string, { postgres }: PostgresBinaries): Promise<void> {
  const { stdout } = await run(postgres, ['--version']);
  const major = /(\d+)/.exec(stdout)?.[1];
  if (major === found) return;
  throw new ScionError(
    'unavailable',
    `The data folder was written by PostgreSQL ${found}, and this Scion brings ${major}. Move the folder away, or set DATABASE_URL.`,
  );
}
