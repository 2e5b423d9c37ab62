import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { ByteReader } from '../../byte-reader.ts';
import { dataInvalid } from '../data-invalid.ts';

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes of a text file without a byte order mark. Throws `dataInvalid` for UTF-16. */
export async function* textChunks(archive: Archive, entry: ArchiveEntry): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of archive.stream(entry)) {
    yield isFirst ? withoutMark(Buffer.from(chunk), entry.path) : chunk;
    isFirst = false;
  }
}

/** The first bytes of a text file, up to `length`. */
export async function readStart(archive: Archive, entry: ArchiveEntry, length: number): Promise<Buffer> {
  const reader = new ByteReader(textChunks(archive, entry));
  try {
    return Buffer.from(await reader.read(length));
  } finally {
    await reader.close();
  }
}

function withoutMark(start: Buffer, path: string): Buffer {
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) {
    throw dataInvalid(path, 'It is encoded as UTF-16: save it as UTF-8');
  }
  return start.subarray(0, 3).equals(byteOrderMark) ? start.subarray(3) : start;
}
