import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ScionError } from '@scion/schema';

const run = promisify(execFile);

/** The user that a server process runs as, by number. */
export type Account = { uid: number; gid: number };

const userName = 'postgres';

/** PostgreSQL refuses to run as root: then the account of a user `postgres`, made where there is none. Null for anyone else. */
export async function postgresAccount(): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const existing = await lookUp();
  if (existing) return existing;
  await addUser();
  const added = await lookUp();
  if (added) return added;
  throw new ScionError(
    'unavailable',
    `PostgreSQL does not run as root, and no user ${userName} could be added to run it as. Start Scion as another user, or set DATABASE_URL.`,
  );
}

async function lookUp(): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', userName]), run('id', ['-g', userName])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

async function addUser(): Promise<void> {
  const commands = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', userName]],
    ['adduser', ['-S', '-D', '-H', userName]], // BusyBox
  ] as const;
  for (const [command, args] of commands) {
    try {
      await run(command, args);
      return;
    } catch {
      // The next command, and then the look-up, tell.
    }
  }
}
