import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import tar from 'tar-stream';
import { sharedData } from './shared-data.ts';

/** Files of the folder of real data sets: one that is uploaded as it is, or several that are packed in a tar first. */
export type DatasetSource = { file: string } | { files: readonly string[]; folder?: string };

/** The upload of a data set: the file itself, or a tar of its files. */
export async function readUpload(source: DatasetSource): Promise<{ file: Blob; fileName: string }> {
  if ('file' in source) {
    return { file: new Blob([await readFile(join(sharedData, source.file))]), fileName: basename(source.file) };
  }
  const pack = tar.pack();
  const packed = buffer(pack);
  for (const file of source.files) {
    pack.entry({ name: join(source.folder ?? '', basename(file)) }, await readFile(join(sharedData, file)));
  }
  pack.finalize();
  return { file: new Blob([await packed]), fileName: 'files.tar' };
}
