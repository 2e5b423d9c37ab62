/** Reads a stream of chunks in pieces of wanted lengths. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; fewer, down to none, only at the end of the stream. */
  async read(length: number): Promise<Uint8Array> {
    if (this.#rest.length >= length) return this.#take(length);
    const parts = [this.#rest];
    let available = this.#rest.length;
    while (available < length) {
      const { value, done } = await this.#chunks.next();
      if (done) break;
      parts.push(value);
      available += value.length;
    }
    this.#rest = Buffer.concat(parts);
    return this.#take(Math.min(length, available));
  }

  /** Lets go of the stream, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #take(length: number): Uint8Array {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}
