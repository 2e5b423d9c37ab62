import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { damagedFile } from './damaged-file.ts';
import type { PackedFile } from './packed-manifest.ts';

/** Unless told otherwise, files up to this size are read whole, once, and checked against their hash then. */
const defaultMaxWholeBytes = 2 ** 30;

/** A file of the packed form. Its size is checked when it is opened, its SHA-256 when it is read whole. */
export class CheckedFile {
  readonly #handle: FileHandle;
  readonly #expected: PackedFile;
  readonly #maxWholeBytes: number;
  #whole: Promise<Uint8Array> | null = null;

  private constructor(handle: FileHandle, expected: PackedFile, maxWholeBytes: number) {
    this.#handle = handle;
    this.#expected = expected;
    this.#maxWholeBytes = maxWholeBytes;
  }

  static async open(dir: string, expected: PackedFile, maxWholeBytes = defaultMaxWholeBytes): Promise<CheckedFile> {
    const handle = await open(join(dir, expected.name), 'r').catch((cause: unknown) => {
      throw damagedFile(expected, 'it cannot be opened', cause);
    });
    const { size } = await handle.stat();
    if (size === expected.sizeBytes) return new CheckedFile(handle, expected, maxWholeBytes);
    await handle.close();
    throw damagedFile(expected, `it has ${size} bytes instead of ${expected.sizeBytes}`);
  }

  /** The whole content in a buffer of its own. Rejects with `dataInvalid` where the hash differs. */
  async readWhole(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.#expected.sizeBytes);
    await this.#fill(bytes, 0);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== this.#expected.sha256) throw damagedFile(this.#expected, 'its SHA-256 differs');
    return bytes;
  }

  /** The bytes from `start` up to `end`. Small files are held in memory from the first read on. */
  async slice(start: number, end: number): Promise<Uint8Array> {
    if (this.#expected.sizeBytes <= this.#maxWholeBytes) {
      this.#whole ??= this.readWhole();
      return (await this.#whole).subarray(start, end);
    }
    const bytes = new Uint8Array(end - start);
    await this.#fill(bytes, start);
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #fill(bytes: Uint8Array, position: number): Promise<void> {
    let filled = 0;
    while (filled < bytes.length) {
      const wanted = Math.min(bytes.length - filled, 2 ** 30);
      const { bytesRead } = await this.#handle.read(bytes, filled, wanted, position + filled);
      if (bytesRead === 0) throw damagedFile(this.#expected, 'it was cut short');
      filled += bytesRead;
    }
  }
}
