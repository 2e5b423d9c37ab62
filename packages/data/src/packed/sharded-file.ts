import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { damagedFile } from './damaged-file.ts';
import type { PackedFile } from './packed-manifest.ts';

const unchecked = 0;
const checked = 1;
const damaged = 2;

const checkedAtOnce = 1 << 20;

/** Which shards have been checked against their hashes: shared by the threads that read the same files, so that one of them does it. */
export function createShardStates(count: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Math.max(1, count) * Int32Array.BYTES_PER_ELEMENT));
}

type Shard = { file: PackedFile; descriptor: number; start: number };

/**
 * Files that hold one long row of bytes between them. No piece that is read crosses from one to the next. Reads wait for the disk:
 * they are for threads that have nothing else to do, and for the few that a preview needs.
 */
export class ShardedFile {
  readonly sizeBytes: number;
  readonly #shards: readonly Shard[];
  readonly #states: Int32Array | null;

  private constructor(shards: readonly Shard[], states: Int32Array | null) {
    this.#shards = shards;
    this.#states = states;
    this.sizeBytes = shards.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  }

  /**
   * Sizes are checked now, the hash of a shard when it is first read from, unless `states` is null. Throws `dataInvalid` where a file
   * is damaged.
   */
  static open(dir: string, files: readonly PackedFile[], states: Int32Array | null): ShardedFile {
    const shards: Shard[] = [];
    let start = 0;
    try {
      for (const file of files) {
        shards.push({ file, descriptor: openShard(dir, file), start });
        start += file.sizeBytes;
      }
    } catch (error) {
      for (const { descriptor } of shards) closeSync(descriptor);
      throw error;
    }
    return new ShardedFile(shards, states);
  }

  /** Fills `out` with the bytes that stand from `start` on. */
  readInto(out: Uint8Array, start: number): void {
    if (out.length === 0) return;
    const number = this.#shardAt(start);
    const shard = this.#shards[number];
    if (!shard || start + out.length > shard.start + shard.file.sizeBytes) {
      throw new RangeError(`There is no piece of ${out.length} bytes at ${start}`);
    }
    this.#check(number, shard);
    fill(out, { shard, position: start - shard.start });
  }

  /** All bytes, in shared memory. */
  readWhole(): Uint8Array<SharedArrayBuffer> {
    const bytes = new Uint8Array(new SharedArrayBuffer(this.sizeBytes));
    for (const { start, file } of this.#shards) this.readInto(bytes.subarray(start, start + file.sizeBytes), start);
    return bytes;
  }

  close(): void {
    for (const { descriptor } of this.#shards) closeSync(descriptor);
  }

  /** Number of the last shard that starts at `position` or before it. */
  #shardAt(position: number): number {
    let low = 0;
    let high = this.#shards.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#shards[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #check(number: number, shard: Shard): void {
    const states = this.#states;
    if (!states) return;
    const state = Atomics.compareExchange(states, number, unchecked, checked);
    if (state === checked) return;
    if (state === unchecked && sha256Of(shard) === shard.file.sha256) return;
    Atomics.store(states, number, damaged);
    throw damagedFile(shard.file, 'its SHA-256 differs');
  }
}

function openShard(dir: string, file: PackedFile): number {
  let descriptor: number;
  try {
    descriptor = openSync(join(dir, file.name), 'r');
  } catch (cause) {
    throw damagedFile(file, 'it cannot be opened', cause);
  }
  const { size } = fstatSync(descriptor);
  if (size === file.sizeBytes) return descriptor;
  closeSync(descriptor);
  throw damagedFile(file, `it has ${size} bytes instead of ${file.sizeBytes}`);
}

function sha256Of(shard: Shard): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(checkedAtOnce, shard.file.sizeBytes));
  for (let position = 0; position < shard.file.sizeBytes; position += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, shard.file.sizeBytes - position));
    fill(piece, { shard, position });
    hash.update(piece);
  }
  return hash.digest('hex');
}

function fill(out: Uint8Array, { shard: { file, descriptor }, position }: { shard: Shard; position: number }): void {
  let filled = 0;
  while (filled < out.length) {
    const bytesRead = readSync(descriptor, out, filled, Math.min(out.length - filled, 2 ** 30), position + filled);
    if (bytesRead === 0) throw damagedFile(file, 'it was cut short');
    filled += bytesRead;
  }
}
