import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
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

/** Says that a shard is to be checked again: what is read from now on is another copy of it. */
export function forgetShardState(states: Int32Array, number: number): void {
  Atomics.store(states, number, unchecked);
}

type Shard = { file: PackedFile; start: number };

/**
 * Files that hold one long row of bytes between them. No piece that is read crosses from one to the next. Reads wait for the disk:
 * they are for threads that have nothing else to do, and for the few that a preview needs.
 */
export class ShardedFile {
  readonly sizeBytes: number;
  readonly #dir: string;
  readonly #shards: readonly Shard[];
  readonly #states: Int32Array | null;
  /** Of the shards that were read from since `close`. */
  readonly #descriptors = new Map<number, number>();

  /** The hash of a shard is checked when it is first read from, unless `states` is null. */
  constructor(dir: string, files: readonly PackedFile[], states: Int32Array | null) {
    let start = 0;
    this.#shards = files.map((file) => {
      start += file.sizeBytes;
      return { file, start: start - file.sizeBytes };
    });
    this.sizeBytes = start;
    this.#dir = dir;
    this.#states = states;
  }

  get shards(): PackedFile[] {
    return this.#shards.map(({ file }) => file);
  }

  /** Looks whether all shards are there, whole as far as their sizes tell. Throws `dataInvalid` where one is not. */
  checkSizes(): void {
    for (const { file } of this.#shards) {
      const path = join(this.#dir, file.name);
      checkSize(file, statSync(path, { throwIfNoEntry: false })?.size ?? null);
    }
  }

  /** Fills `out` with the bytes that stand from `start` on. Throws `dataInvalid` where the shard is damaged. */
  readInto(out: Uint8Array, start: number): void {
    if (out.length === 0) return;
    const number = this.shardAt(start);
    const shard = this.#shards[number];
    if (!shard || start + out.length > shard.start + shard.file.sizeBytes) {
      throw new RangeError(`There is no piece of ${out.length} bytes at ${start}`);
    }
    const opened = { file: shard.file, descriptor: this.#open(number, shard.file) };
    this.#check(number, opened);
    fill(out, opened, start - shard.start);
  }

  /** All bytes, in shared memory. */
  readWhole(): Uint8Array<SharedArrayBuffer> {
    const bytes = new Uint8Array(new SharedArrayBuffer(this.sizeBytes));
    for (const { start, file } of this.#shards) this.readInto(bytes.subarray(start, start + file.sizeBytes), start);
    return bytes;
  }

  /** Closes the files that are open; the next read from one opens it again. */
  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }

  /** Number of the last shard that starts at `position` or before it. */
  shardAt(position: number): number {
    let low = 0;
    let high = this.#shards.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#shards[middle]?.start ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #open(number: number, file: PackedFile): number {
    const known = this.#descriptors.get(number);
    if (known !== undefined) return known;
    const descriptor = openShard(this.#dir, file);
    this.#descriptors.set(number, descriptor);
    return descriptor;
  }

  #check(number: number, shard: OpenedShard): void {
    const states = this.#states;
    if (!states) return;
    const state = Atomics.compareExchange(states, number, unchecked, checked);
    if (state === checked) return;
    if (state === unchecked && sha256Of(shard) === shard.file.sha256) return;
    Atomics.store(states, number, damaged);
    throw damagedFile(shard.file, 'its SHA-256 differs');
  }
}

type OpenedShard = { file: PackedFile; descriptor: number };

function openShard(dir: string, file: PackedFile): number {
  let descriptor: number;
  try {
    descriptor = openSync(join(dir, file.name), 'r');
  } catch (cause) {
    throw damagedFile(file, 'it cannot be opened', cause);
  }
  try {
    checkSize(file, fstatSync(descriptor).size);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function checkSize(file: PackedFile, size: number | null): void {
  if (size === null) throw damagedFile(file, 'it is missing');
  if (size !== file.sizeBytes) throw damagedFile(file, `it has ${size} bytes instead of ${file.sizeBytes}`);
}

function sha256Of(shard: OpenedShard): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(checkedAtOnce, shard.file.sizeBytes));
  for (let position = 0; position < shard.file.sizeBytes; position += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, shard.file.sizeBytes - position));
    fill(piece, shard, position);
    hash.update(piece);
  }
  return hash.digest('hex');
}

function fill(out: Uint8Array, { file, descriptor }: OpenedShard, position: number): void {
  let filled = 0;
  while (filled < out.length) {
    const bytesRead = readSync(descriptor, out, filled, Math.min(out.length - filled, 2 ** 30), position + filled);
    if (bytesRead === 0) throw damagedFile(file, 'it was cut short');
    filled += bytesRead;
  }
}
