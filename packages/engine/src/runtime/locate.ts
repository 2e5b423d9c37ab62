import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { releaseFor } from './release.ts';

/** What the set-up wrote down when it had finished: `runtime.json`, the last file to appear. */
export type RuntimeRecord = {
  tensorflow: string;
  gpu: boolean;
  compiler: string;
  /** Paths inside the runtime's folder, with size and SHA-256. */
  files: Record<string, { sizeBytes: number; sha256: string }>;
};

export type InstalledRuntime = { folder: string; bindingPath: string; record: RuntimeRecord };

export const bindingFile = 'tfjs_binding.node';
export const recordFile = 'runtime.json';

/** The folder that holds runtimes: `SCION_RUNTIME_DIR`, else the user's cache folder. */
export function runtimeRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SCION_RUNTIME_DIR']) return resolve(env['SCION_RUNTIME_DIR']);
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'scion', 'runtime');
}

/** The finished runtime of this machine, or null. A file that is missing, torn or of another size makes it unfinished. */
export async function findRuntime(options: { root: string; gpu: boolean }): Promise<InstalledRuntime | null> {
  const release = releaseFor({ platform: process.platform, arch: process.arch, gpu: options.gpu });
  if (!release) return null;
  const folder = join(options.root, release.id);
  const record = await readRecord(join(folder, recordFile));
  if (record === null) return null;
  for (const [path, { sizeBytes }] of Object.entries(record.files)) {
    const found = await stat(join(folder, path)).catch(() => null);
    if (found?.size !== sizeBytes) return null;
  }
  return { folder, bindingPath: join(folder, bindingFile), record };
}

async function readRecord(path: string): Promise<RuntimeRecord | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as RuntimeRecord;
  } catch {
    return null; // not there, or torn by a power cut: the set-up starts again
  }
}
