import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether node_modules holds what package-lock.json asks for. Compares versions rather than times: a checkout touches files
 * without changing them. Packages for other platforms are optional and may be absent.
 */
export function isInstallFresh(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null) throw new Error(`There is no package-lock.json in ${root}.`);
  if (installed === null) return false;
  return Object.entries(wanted)
    .filter(([path]) => path.startsWith('node_modules/'))
    .every(([path, entry]) => {
      const found = installed[path];
      return found === undefined ? entry.optional === true : found.version === entry.version;
    });
}

function readPackages(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Whether `output` exists and is at least as new as every file of `sources` (files, or folders taken recursively). */
export function isNewerThan(output, sources) {
  const outputMs = modifiedMs(output);
  return outputMs !== null && sources.every((source) => newestMs(source) <= outputMs);
}

const ignoredFolders = new Set(['node_modules', 'dist']);

function newestMs(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  const entries = readdirSync(path).filter((name) => !ignoredFolders.has(name));
  return Math.max(0, ...entries.map((name) => newestMs(join(path, name))));
}

function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
}
