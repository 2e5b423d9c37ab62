import { createReadStream } from 'node:fs';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import type { PackedFile } from '../packed/packed-manifest.ts';

/** Copies as much of a file as `file` says, and tells whether that is what it says. */
export async function copyVerified({ from, to, file }: { from: string; to: string; file: PackedFile }): Promise<boolean> {
  const copy = await BufferedFileWriter.create(to);
  try {
    if (file.sizeBytes > 0) {
      const source = createReadStream(from, { end: file.sizeBytes - 1, highWaterMark: 1 << 20 });
      for await (const chunk of source as AsyncIterable<Uint8Array>) await copy.append(chunk);
    }
    const { sizeBytes, sha256 } = await copy.finish();
    return sizeBytes === file.sizeBytes && sha256 === file.sha256;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  } finally {
    await copy.discard();
  }
}
