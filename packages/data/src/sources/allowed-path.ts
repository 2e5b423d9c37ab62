import { realpath } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import { ScionError } from '@scion/schema';

/**
 * The real place of a path that a client named, links followed. Throws `sourceForbidden` where it is in none of `folders`; what
 * is not there is refused alike, so that nobody learns what the server has elsewhere.
 */
export async function resolveAllowedPath(path: string, folders: readonly string[]): Promise<string> {
  const real = isAbsolute(path) ? await realpath(path).catch(() => null) : null;
  for (const folder of folders) {
    const allowed = await realpath(folder).catch(() => null);
    if (real !== null && allowed !== null && (real === allowed || real.startsWith(`${allowed}${sep}`))) return real;
  }
  throw new ScionError(
    'sourceForbidden',
    `${path} is in none of the folders that the operator allowed (SCION_DATASET_FOLDERS), or is not there`,
  );
}
