import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveMember } from './archive-member.ts';
import { isClutter, unsafeEntry } from './entry-path.ts';

/**
 * Walks the regular files of a folder and the folders in it, sorted. Hidden files are passed over. Links are refused: they could
 * lead to anything that this process may read.
 */
export async function* folderMembers(root: string, folder = ''): AsyncGenerator<ArchiveMember> {
  const children = await readdir(join(root, folder), { withFileTypes: true });
  children.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const child of children) {
    const name = folder === '' ? child.name : `${folder}/${child.name}`;
    if (isClutter(child.name)) continue;
    if (child.isDirectory()) yield* folderMembers(root, name);
    else if (child.isFile()) yield { name, chunks: fileChunks(join(root, name)) };
    else throw unsafeEntry(name, child.isSymbolicLink() ? 'it is a symbolic link' : 'it is neither a file nor a folder');
  }
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  // The file may have become a link since its folder was listed.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  yield* file.createReadStream({ highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
}
