import { createReadStream, openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type FileStream, largeFileBytes } from '@scion/client';
import { pack } from 'tar-stream';
import { CliError } from '../cli-error.ts';

/** What is sent: piece by piece, with its size where that is known, or a large file that can be read at any place. */
export type OpenedUpload =
  | (FileStream & { kind: 'stream'; sizeBytes: number | null })
  | { kind: 'file'; name: string; file: Blob; sizeBytes: number };

/**
 * Opens what `dataset add` was given for upload: a file as it is, a folder as a tar made while it is read. Of a stream,
 * `onProgress` hears how many bytes have been read so far.
 *
 * @throws CliError where there is neither a file nor a folder
 */
export async function openUpload(
  path: string,
  { onProgress }: { onProgress?: (sentBytes: number) => void } = {},
): Promise<OpenedUpload> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new CliError(`There is no file or folder ${path}.`, { cause, next: 'Give the path of an archive or of a folder.' });
  });
  const name = basename(resolve(path));
  const sizeBytes = stats.size;
  if (stats.isDirectory()) {
    return { kind: 'stream', name: `${name}.tar`, sizeBytes: null, stream: counted(tarOfFolder(path), onProgress) };
  }
  if (sizeBytes >= largeFileBytes) return { kind: 'file', name, sizeBytes, file: await openAsBlob(path) };
  return { kind: 'stream', name, sizeBytes, stream: counted(createReadStream(path), onProgress) };
}

async function* counted(stream: AsyncIterable<Uint8Array>, onProgress: ((bytes: number) => void) | undefined) {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    onProgress?.(bytes);
    yield chunk;
  }
}

/** Entries are sorted and carry no times, so that the same folder gives the same bytes. */
function tarOfFolder(folder: string): AsyncIterable<Uint8Array> {
  const archive = pack();
  addFiles(archive, folder).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const output = new PassThrough();
  pipeline(archive, output).catch((error: unknown) => output.destroy(error instanceof Error ? error : new Error(String(error))));
  return output;
}

async function addFiles(archive: ReturnType<typeof pack>, folder: string): Promise<void> {
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    const file = join(folder, path);
    const stats = await stat(file);
    if (!stats.isFile()) continue;
    const entry = archive.entry({ name: path, size: stats.size, mtime: new Date(0) });
    await pipeline(createReadStream(file), entry);
  }
}
