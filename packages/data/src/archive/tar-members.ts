import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { ArchiveMember } from './archive-member.ts';
import { unsafeEntry } from './entry-path.ts';

const refusedKinds: Record<string, string> = {
  link: 'it is a hard link',
  symlink: 'it is a symbolic link',
  'character-device': 'it is a device',
  'block-device': 'it is a device',
  fifo: 'it is a named pipe',
};

/** Walks the regular files of a tar, gzipped or not, in the archive's order. */
export async function* tarMembers(path: string, gzipped: boolean): AsyncGenerator<ArchiveMember> {
  const tar = extract();
  // Errors reach the loop below, because pipeline destroys `tar` with them; the callback only keeps them from being unhandled.
  const ended = () => undefined;
  if (gzipped) pipeline(createReadStream(path), createGunzip(), tar, ended);
  else pipeline(createReadStream(path), tar, ended);
  for await (const member of tar) {
    const { name, type } = member.header;
    if (type === 'file' || type === 'contiguous-file') {
      // (Its type leaves open what the chunks are; they are buffers.)
      yield { name, chunks: member as AsyncIterable<Uint8Array> };
    } else if (type !== 'directory') {
      throw unsafeEntry(name, refusedKinds[String(type)] ?? 'it is neither a file nor a folder');
    }
    member.resume();
  }
}
