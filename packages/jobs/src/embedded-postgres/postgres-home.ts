import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Account } from './postgres-account.ts';

/** Where the server's files stand when its account cannot reach the data folder, as under `/root`; no folder above it is touched. */
const sharedHome = '/var/lib/scion';

/** The folder of the server's files, made where missing and open to the account that it runs as. */
export async function preparePostgresHome(dataDir: string, account: Account | null): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const home = await chooseHome(dataDir, account);
  await mkdir(home, { recursive: true, mode: 0o755 });
  if (account) await chown(home, account.uid, account.gid);
  return home;
}

async function chooseHome(dataDir: string, account: Account | null): Promise<string> {
  // The data folder remembers a home elsewhere: when it is deleted, the next one starts afresh.
  const note = join(dataDir, 'postgres-location');
  const noted = await readFile(note, 'utf8').catch(() => null);
  if (noted !== null) return noted.trim();
  if (!account || (await canReach(dataDir, account)) || (await letIn(dataDir, account))) return join(dataDir, 'postgres');
  const home = join(sharedHome, `postgres-${randomBytes(8).toString('hex')}`);
  await writeFile(note, `${home}\n`);
  return home;
}

/** Lets the account's group, and no one else, pass through a data folder that is ours and closed. False where that is not enough. */
async function letIn(dataDir: string, account: Account): Promise<boolean> {
  const { mode, uid } = await stat(dataDir);
  if (uid !== process.getuid?.() || !(await canReach(dirname(dataDir), account))) return false;
  await chown(dataDir, uid, account.gid);
  await chmod(dataDir, (mode & 0o777) | 0o010);
  return canReach(dataDir, account);
}

/** Whether the account may enter the folder, by the modes of the folder and of all above it. */
export async function canReach(folder: string, { uid, gid }: Account): Promise<boolean> {
  const { mode, uid: owner, gid: group } = await stat(folder);
  const enterBit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
  if ((mode & enterBit) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || canReach(parent, { uid, gid });
}
