import { constants } from 'node:fs';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { ScionError } from '@scion/schema';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import type { ArchiveMember } from './archive-member.ts';
import { unsafeEntry } from './entry-path.ts';

/** A zip as a file, or as a range of one. */
export type ZipSource = string | { sizeBytes: number; stream: (start: number, end: number) => Readable };

/** Walks the regular files of a zip in the order of its central directory. `onCount` hears how many entries that claims to have. */
export async function* zipMembers(source: ZipSource, onCount: (entries: number) => void): AsyncGenerator<ArchiveMember> {
  const zip = await openZip(source);
  try {
    onCount(zip.entryCount);
    for await (const entry of zip.eachEntry()) {
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
      if (isFolder(entry, name)) continue;
      assertRegularFile(entry, name);
      yield { name, chunks: checked(zip, entry, name) };
    }
  } finally {
    zip.close();
  }
}

function openZip(source: ZipSource): Promise<ZipFile> {
  // Names are decoded here rather than by yauzl, so that a refusal can say which entry is meant.
  const options = { decodeStrings: false };
  if (typeof source === 'string') return yauzl.openPromise(source, options);
  return yauzl.fromRandomAccessReaderPromise(new RangeReader(source.stream), source.sizeBytes, options);
}

class RangeReader extends yauzl.RandomAccessReader {
  readonly #stream: (start: number, end: number) => Readable;

  constructor(stream: (start: number, end: number) => Readable) {
    super();
    this.#stream = stream;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return this.#stream(start, end);
  }
}

/** The content of a file. yauzl checks its length but not its checksum. */
async function* checked(zip: ZipFile, entry: Entry, name: string): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  // Errors reach the loop below; one that comes when it has been left already is nobody's business, but must not end the process.
  stream.on('error', () => undefined);
  let sum = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) throw new Error(`the checksum of ${JSON.stringify(name)} differs`);
}

function isFolder(entry: Entry, name: string): boolean {
  return name.endsWith('/') || unixKind(entry) === constants.S_IFDIR;
}

function assertRegularFile(entry: Entry, name: string): void {
  const kind = unixKind(entry);
  if (kind === constants.S_IFLNK) throw unsafeEntry(name, 'it is a symbolic link');
  if (kind !== 0 && kind !== constants.S_IFREG) throw unsafeEntry(name, 'it is neither a file nor a folder');
  const unreadable = entry.isEncrypted() ? 'is encrypted' : entry.canDecodeFileData() ? null : 'uses a rare compression method';
  if (unreadable === null) return;
  throw new ScionError(
    'dataInvalid',
    `${JSON.stringify(name)} ${unreadable}: zip it again without a password, as plain "deflate"`,
    {
      details: [{ path: name, message: unreadable }],
    },
  );
}

/** The file kind bits of the Unix mode that most zip tools store; 0 where there are none. */
function unixKind(entry: Entry): number {
  return (entry.externalFileAttributes >>> 16) & constants.S_IFMT;
}
