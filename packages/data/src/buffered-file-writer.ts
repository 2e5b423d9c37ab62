import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';

const bufferBytes = 1 << 20;

export type WrittenFile = { sizeBytes: number; sha256: string };

/** Appends to a new file through one buffer, so that many small pieces cost few system calls. Hashes what it writes. */
export class BufferedFileWriter {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  readonly #hash: Hash = createHash('sha256');
  #buffered = 0;
  #flushed = 0;
  #closed = false;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Creates the file; one that stands there already is emptied. */
  static async create(path: string): Promise<BufferedFileWriter> {
    return new BufferedFileWriter(path, await open(path, 'w+', 0o644));
  }

  /** Opens a file that stands there already, to append to it. */
  static async reopen(path: string): Promise<BufferedFileWriter> {
    const writer = new BufferedFileWriter(path, await open(path, 'a+', 0o644));
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      writer.#hash.update(chunk);
      writer.#flushed += chunk.length;
    }
    return writer;
  }

  /** Bytes appended so far: the offset at which the next piece will stand. */
  get sizeBytes(): number {
    return this.#flushed + this.#buffered;
  }

  async append(bytes: Uint8Array): Promise<void> {
    let taken = 0;
    while (taken < bytes.length) {
      const count = Math.min(bufferBytes - this.#buffered, bytes.length - taken);
      this.#buffer.set(bytes.subarray(taken, taken + count), this.#buffered);
      this.#buffered += count;
      taken += count;
      if (this.#buffered === bufferBytes) await this.flush();
    }
  }

  async flush(): Promise<void> {
    if (this.#buffered === 0) return;
    const full = this.#buffer.subarray(0, this.#buffered);
    this.#hash.update(full);
    await this.#file.writeFile(full);
    this.#flushed += this.#buffered;
    this.#buffered = 0;
  }

  /** Makes durable what was appended so far, and describes it. */
  async checkpoint(): Promise<WrittenFile> {
    await this.flush();
    await this.#file.sync();
    return { sizeBytes: this.#flushed, sha256: this.#hash.copy().digest('hex') };
  }

  /** Makes the file durable and closes it. */
  async finish(): Promise<WrittenFile> {
    await this.flush();
    await this.#file.sync();
    await this.discard();
    return { sizeBytes: this.#flushed, sha256: this.#hash.digest('hex') };
  }

  /** Closes without caring for what is buffered; nothing happens where the file is closed already. */
  async discard(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }

  /** Closes the file and removes it. */
  async remove(): Promise<void> {
    await this.discard();
    await rm(this.path, { force: true });
  }
}
