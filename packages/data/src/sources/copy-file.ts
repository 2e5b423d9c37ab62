import { createReadStream } from 'node:fs';
import { BufferedFileWriter, type WrittenFile } from '../buffered-file-writer.ts';
import { tooLarge } from './http-download.ts';

/** Copies a file and hashes it on the way. Throws `bodyTooLarge`; nothing is left at `path` then. */
export async function copyFile(from: string, { path, maxBytes }: { path: string; maxBytes: number }): Promise<WrittenFile> {
  const writer = await BufferedFileWriter.create(path);
  try {
    for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) {
      if (writer.sizeBytes + chunk.length > maxBytes) throw tooLarge(maxBytes);
      await writer.append(chunk);
    }
    return await writer.finish();
  } catch (error) {
    await writer.remove();
    throw error;
  }
}
