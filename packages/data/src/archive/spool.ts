import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BufferedFileWriter } from '../buffered-file-writer.ts';

/** Where some bytes stand in a spool. */
export type SpoolRange = { offset: number; sizeBytes: number };

/** A file of a neutral name that takes bytes one after the other and gives any range of them back. It goes away when closed. */
export class Spool {
  readonly #writer: BufferedFileWriter;
  readonly #reader: FileHandle;

  private constructor(writer: BufferedFileWriter, reader: FileHandle) {
    this.#writer = writer;
    this.#reader = reader;
  }

  static async create(path: string): Promise<Spool> {
    return new Spool(await BufferedFileWriter.create(path), await open(path, 'r'));
  }

  get path(): string {
    return this.#writer.path;
  }

  /** Bytes taken so far: the offset at which the next ones will stand. */
  get sizeBytes(): number {
    return this.#writer.sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writer.append(bytes);
  }

  /** Makes what was appended readable. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  async read({ offset, sizeBytes }: SpoolRange): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(sizeBytes);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#reader.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) throw new Error('The spool file of the archive was cut short');
      filled += bytesRead;
    }
    return bytes;
  }

  stream({ offset, sizeBytes }: SpoolRange): Readable {
    return createReadStream(this.#writer.path, { start: offset, end: offset + sizeBytes - 1, highWaterMark: 1 << 18 });
  }

  async close(): Promise<void> {
    await this.#writer.discard();
    await this.#reader.close();
    await rm(this.#writer.path, { force: true });
  }
}
