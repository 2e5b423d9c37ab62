import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { BufferedFileWriter, type WrittenFile } from '../buffered-file-writer.ts';
import { tooLarge } from './http-download.ts';

/** A file and its name in the tar. */
export type TarMember = { name: string; path: string };

/** Packs files into one tar. Entries carry no times or owners, so the same files give the same bytes. Throws `bodyTooLarge`. */
export async function writeTar(
  members: readonly TarMember[],
  { path, maxBytes }: { path: string; maxBytes: number },
): Promise<WrittenFile> {
  const tar = pack();
  const writer = await BufferedFileWriter.create(path);
  const adding = addMembers(tar, members).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) {
      if (writer.sizeBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      await writer.append(chunk);
    }
    await adding;
    return await writer.finish();
  } catch (error) {
    tar.destroy();
    await writer.remove();
    throw error;
  }
}

/** Every regular file below a folder, sorted by name. Links are passed over: they could lead out of the folder. */
export async function filesBelow(folder: string): Promise<TarMember[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, name: relative(folder, path).split(sep).join('/') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function addMembers(tar: Pack, members: readonly TarMember[]): Promise<void> {
  for (const { name, path } of members) {
    const { size } = await stat(path);
    const entry = tar.entry({ name, size, mtime: new Date(0), mode: 0o644 });
    await pipeline(createReadStream(path), entry);
  }
  tar.finalize();
}
