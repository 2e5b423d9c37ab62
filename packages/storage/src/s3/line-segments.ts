import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Bucket, type ListedObject, listObjects } from './bucket.ts';

/**
 * S3 cannot append to an object. Lines are kept in segments instead, objects below `.lines/KEY/` whose names sort in the order in
 * which they began: each writer rewrites its newest segment with the lines that came since, all at once, until it is this long.
 */
const segmentBytes = 256 * 1024;
/** Writers that keep their newest segment at hand; the one that was used least recently begins another when it is back. */
const mostWriters = 64;

export const segmentFolder = (key: string) => `.lines/${key}/`;

/** The segments of a key, in order. */
export function listSegments(bucket: Bucket, key: string): Promise<ListedObject[]> {
  return listObjects(bucket, segmentFolder(key), { direct: true });
}

/** Appends lines to any number of keys. */
export class LineWriters {
  readonly #bucket: Bucket;
  readonly #writers = new Map<string, LineWriter>();

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  async append(key: string, line: string): Promise<void> {
    const writer = this.#writers.get(key) ?? new LineWriter(this.#bucket, key);
    this.#writers.delete(key);
    this.#writers.set(key, writer);
    const [oldest] = this.#writers.keys();
    if (oldest !== undefined && this.#writers.size > mostWriters) this.#writers.delete(oldest);
    await writer.append(line);
  }

  /** Lines of what was removed do not come back with the next one. */
  forget(keyOrFolder: string): void {
    for (const key of this.#writers.keys()) {
      if (key === keyOrFolder || key.startsWith(`${keyOrFolder}/`)) this.#writers.delete(key);
    }
  }
}

type WaitingLine = { line: string; resolve: () => void; reject: (error: unknown) => void };

class LineWriter {
  readonly #bucket: Bucket;
  /** Starts with the time, so that the segments of a later writer come after those of an earlier one. */
  readonly #folder: string;
  #segment = 0;
  #text = '';
  #waiting: WaitingLine[] = [];
  #isStoring = false;

  constructor(bucket: Bucket, key: string) {
    this.#bucket = bucket;
    this.#folder = `${bucket.prefix}${segmentFolder(key)}${Date.now().toString(36).padStart(9, '0')}-${randomUUID().slice(0, 8)}`;
  }

  append(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      if (!this.#isStoring) void this.#storeAll();
    });
  }

  /** While one request is under way lines gather for the next. */
  async #storeAll(): Promise<void> {
    this.#isStoring = true;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0);
      const text = this.#text + lines.map(({ line }) => `${line}\n`).join('');
      try {
        const Key = `${this.#folder}-${String(this.#segment).padStart(6, '0')}`;
        await this.#bucket.client.send(new PutObjectCommand({ Bucket: this.#bucket.name, Key, Body: text }));
        const isFull = text.length >= segmentBytes;
        this.#text = isFull ? '' : text;
        if (isFull) this.#segment++;
        for (const { resolve } of lines) resolve();
      } catch (error) {
        for (const { reject } of lines) reject(error);
      }
    }
    this.#isStoring = false;
  }
}
