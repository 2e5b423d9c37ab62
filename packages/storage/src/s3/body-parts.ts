import { createHash } from 'node:crypto';
import type { ObjectBody } from '../artifact-store.ts';

/** Parts of a body, each of `partBytes` but for the last, which may be shorter; size and hash are of all that was taken so far. */
export class BodyParts {
  readonly #hash = createHash('sha256');
  readonly #parts: AsyncGenerator<Buffer>;
  sizeBytes = 0;

  constructor(body: ObjectBody, partBytes: number) {
    this.#parts = this.#cut(body, partBytes);
  }

  /** The next part, or null after the last. Throws what the body throws. */
  async next(): Promise<Buffer | null> {
    const { done, value } = await this.#parts.next();
    return done ? null : value;
  }

  /** Call it once, after the last part. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** Lets go of a body that is not read to its end. */
  async close(): Promise<void> {
    await this.#parts.return(undefined);
  }

  async *#cut(body: ObjectBody, partBytes: number): AsyncGenerator<Buffer> {
    let waiting: Buffer[] = [];
    let waitingBytes = 0;
    const whole = typeof body === 'string' ? [Buffer.from(body)] : body instanceof Uint8Array ? [body] : body;
    for await (const chunk of whole) {
      this.#hash.update(chunk);
      this.sizeBytes += chunk.byteLength;
      let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      while (waitingBytes + rest.length >= partBytes) {
        const taken = partBytes - waitingBytes;
        yield Buffer.concat([...waiting, rest.subarray(0, taken)]);
        [waiting, waitingBytes, rest] = [[], 0, rest.subarray(taken)];
      }
      if (rest.length > 0) waiting.push(rest);
      waitingBytes += rest.length;
    }
    if (waitingBytes > 0) yield Buffer.concat(waiting);
  }
}
