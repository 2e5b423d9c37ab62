import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
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
export async function* tarMembers(source: Readable, gzipped: boolean): AsyncGenerator<ArchiveMember> {
  const tar = extract();
  // Errors reach the loop below, because pipeline destroys `tar` with them; the callback only keeps them from being unhandled.
  const ended = () => undefined;
  if (gzipped) pipeline(source, createGunzip(), tar, ended);
  else pipeline(source, tar, ended);
  for await (const member of tar) {
    const { name, type } = member.header;
    if (type === 'file' || type === 'contiguous-file') {
      // (The types leave open what the chunks are, which are buffers, and that the header knows where they start.)
      const chunks = member as AsyncIterable<Uint8Array>;
      const { byteOffset } = member.header as Header & { byteOffset?: number };
      yield gzipped || byteOffset === undefined ? { name, chunks } : { name, chunks, offset: byteOffset };
    } else if (type !== 'directory') {
      throw unsafeEntry(name, refusedKinds[String(type)] ?? 'it is neither a file nor a folder');
    }
    member.resume();
  }
}
