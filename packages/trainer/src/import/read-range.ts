import type { FileHandle } from 'node:fs/promises';
import { weightsInvalid } from './weights-invalid.ts';

/** Reads exactly the bytes of a range. Throws `weightsInvalid` where the file ends before. */
export async function readRange(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw weightsInvalid('ends too early');
    done += bytesRead;
  }
  return bytes;
}
