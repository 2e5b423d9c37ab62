import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import tar from 'tar-stream';
import type { DatasetSource } from './recipe-file.ts';

/** The folder of real data sets beside the checkout; it is not part of the project. */
export const sharedData = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

export function hasSharedData(): boolean {
  return existsSync(join(sharedData, 'INDEX.md'));
}

/** The upload of a data set: the file itself, or a tar of its files. */
export async function readUpload(source: DatasetSource): Promise<{ file: Blob; fileName: string }> {
  if ('file' in source) {
    return { file: new Blob([await readFile(join(sharedData, source.file))]), fileName: basename(source.file) };
  }
  const pack = tar.pack();
  const packed = buffer(pack);
  for (const file of source.files) {
    pack.entry({ name: join(source.folder, basename(file)) }, await readFile(join(sharedData, file)));
  }
  pack.finalize();
  return { file: new Blob([await packed]), fileName: 'files.tar' };
}
