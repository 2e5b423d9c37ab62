import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { HeadBucketCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ScionError } from '@scion/schema';
import { assertArtifactKey } from '../artifact-key.ts';
import type { ArtifactStore, ObjectBody, OpenedFolder, StoredObject } from '../artifact-store.ts';
import { buildingName } from '../building-place.ts';
import { LocalCache, type RemoteFile } from '../cache/local-cache.ts';
import { asDiskError } from '../errno.ts';
import { filesIn } from '../local-files.ts';
import type { StorageOptions } from '../storage-options.ts';
import { BodyParts } from './body-parts.ts';
import { type Bucket, deleteObjects, type ListedObject, listObjects } from './bucket.ts';
import { LineWriters, listSegments, segmentFolder } from './line-segments.ts';
import { abortAbandonedUploads, partBytes, uploadInParts } from './multipart-upload.ts';
import { openObject, ReplacedWhileRead, verified } from './object-reading.ts';
import { readAhead } from './read-ahead.ts';
import { createS3Client, type S3Timeouts } from './s3-client.ts';
import { isConditionFailed, isMissing } from './s3-error.ts';
import type { S3Location } from './s3-location.ts';
import { inlineSum, laterSum, readSum, sumFolder } from './stored-sum.ts';

/** Bytes of one request when a file is downloaded. */
const pieceBytes = 8 * 2 ** 20;
const uploadsAtOnce = 2;
/** Of an object that is replaced again and again while it is read over a network that breaks. */
const triesToRead = 5;
/** A server that looks up an object's metadata before its bytes may give those of two writes: their sum differs, too. */
const mayBeReplaced = (error: unknown) =>
  error instanceof ReplacedWhileRead || (error instanceof ScionError && error.code === 'artifactCorrupt');
/** In the metadata of what `putIfAbsent` stores: tells an object of our own, of a request whose answer was lost, from another's. */
const writerMark = 'scion-writer';

/**
 * Opens the store whose objects stand in a bucket, their keys starting with that of the location. Uploads that were broken off
 * a day ago are cleared away.
 *
 * @throws ScionError `unavailable`, or an Error that says why the bucket cannot be used
 */
export async function openS3Store(
  location: S3Location,
  { s3, cache, timeouts }: StorageOptions & { timeouts?: S3Timeouts },
): Promise<ArtifactStore> {
  const folder = location.key.replace(/\/+$/, '');
  const bucket = { client: createS3Client(s3, timeouts), name: location.bucket, prefix: folder === '' ? '' : `${folder}/` };
  await bucket.client.send(new HeadBucketCommand({ Bucket: bucket.name })).catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    throw new Error(`There is no bucket ${bucket.name}: make it, or change ARTIFACTS_URL`, { cause });
  });
  await abortAbandonedUploads(bucket);
  return new S3Store(bucket, await LocalCache.open(cache));
}

class S3Store implements ArtifactStore {
  readonly url: string;
  readonly #bucket: Bucket;
  readonly #cache: LocalCache;
  readonly #lines: LineWriters;

  constructor(bucket: Bucket, cache: LocalCache) {
    this.#bucket = bucket;
    this.#cache = cache;
    this.#lines = new LineWriters(bucket);
    this.url = `s3://${bucket.name}/${bucket.prefix}`.replace(/\/$/, '');
  }

  async put(key: string, body: ObjectBody): Promise<StoredObject> {
    const { sizeBytes, sha256 } = await this.#put(key, body);
    return { sizeBytes, sha256 };
  }

  async putIfAbsent(key: string, body: Uint8Array | string): Promise<StoredObject | null> {
    assertArtifactKey(key);
    const parts = new BodyParts(body, Number.POSITIVE_INFINITY);
    const Body = (await parts.next()) ?? Buffer.alloc(0);
    const [sha256, mark] = [parts.sha256(), randomUUID()];
    const request = { Body, Metadata: { ...inlineSum(sha256), [writerMark]: mark }, IfNoneMatch: '*' };
    try {
      await this.#bucket.client.send(new PutObjectCommand({ ...this.#place(key), ...request }));
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      const there = await this.#head(key);
      if (there?.Metadata?.[writerMark] !== mark) return null;
    }
    return { sizeBytes: Body.length, sha256 };
  }

  async appendLine(key: string, line: string): Promise<void> {
    assertArtifactKey(key);
    if (line.includes('\n')) throw new RangeError('A line to append must not hold a newline');
    await this.#lines.append(key, line);
  }

  async get(key: string): Promise<Uint8Array | null> {
    for (let tries = 1; ; tries++) {
      const stream = await this.openRead(key);
      try {
        return stream && (await buffer(stream));
      } catch (error) {
        if (!mayBeReplaced(error) || tries === triesToRead) throw error;
      }
    }
  }

  async openRead(key: string, range?: { start: number; end: number }): Promise<Readable | null> {
    assertArtifactKey(key);
    const opened = await openObject(this.#bucket, key, range);
    if (!opened) return await this.#openLines(key, range);
    const { bytes, metadata } = opened;
    if (range) return Readable.from(bytes, { objectMode: false });
    return Readable.from(verified(bytes, key, await readSum(this.#bucket, key, metadata)), { objectMode: false });
  }

  async sizeOf(key: string): Promise<number | null> {
    assertArtifactKey(key);
    const head = await this.#head(key);
    if (head) return head.ContentLength ?? 0;
    const segments = await listSegments(this.#bucket, key);
    return segments.length === 0 ? null : segments.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  }

  async list(folder: string): Promise<string[]> {
    assertArtifactKey(folder);
    const objects = await listObjects(this.#bucket, `${folder}/`);
    const segments = await listObjects(this.#bucket, segmentFolder(folder));
    const appended = segments.map(({ key }) => key.split('/').slice(1, -1).join('/')).filter((key) => key !== folder);
    return [...new Set([...objects.map(({ key }) => key), ...appended])].sort();
  }

  async remove(keyOrFolder: string): Promise<void> {
    assertArtifactKey(keyOrFolder);
    this.#lines.forget(keyOrFolder);
    const starts = [`${keyOrFolder}/`, segmentFolder(keyOrFolder), sumFolder(keyOrFolder)];
    const below = await Promise.all(starts.map((start) => listObjects(this.#bucket, start)));
    await deleteObjects(this.#bucket, [keyOrFolder, ...below.flat().map(({ key }) => key)]);
  }

  async localFolder(folder: string): Promise<string> {
    assertArtifactKey(folder);
    const name = basename(folder);
    const objects = await listObjects(this.#bucket, `${folder}/`);
    const files = objects.map((object) => this.#remote(object, `${name}/${object.key.slice(folder.length + 1)}`));
    return join(await asDiskErrors(this.#cache.view(files)), name);
  }

  async openFolder(folder: string): Promise<OpenedFolder> {
    assertArtifactKey(folder);
    const objects = await listObjects(this.#bucket, `${folder}/`);
    const files = objects.map((object) => this.#remote(object, object.key.slice(folder.length + 1)));
    const known = new Map(files.map((file) => [file.name, file]));
    const view = await this.#cache.emptyView();
    return {
      path: view,
      keepBytes: this.#cache.maxBytes,
      fetch: async (name) => {
        const file = known.get(name);
        if (file) await asDiskErrors(this.#cache.add(view, file));
      },
      drop: (name) => this.#cache.drop(view, name),
      close: () => this.#cache.release(view),
    };
  }

  async localFile(key: string): Promise<string | null> {
    assertArtifactKey(key);
    const head = await this.#head(key);
    if (!head) return null;
    const object = { key, sizeBytes: head.ContentLength ?? 0, version: head.ETag ?? '' };
    return join(await asDiskErrors(this.#cache.view([this.#remote(object, basename(key))])), basename(key));
  }

  releaseLocal(path: string): Promise<void> {
    return this.#cache.release(path);
  }

  async buildingPlace(folder: string): Promise<string> {
    assertArtifactKey(folder);
    return this.#cache.placeFor(buildingName(folder));
  }

  async publishFolder(folder: string, { from, last }: { from: string; last: string }): Promise<void> {
    assertArtifactKey(folder);
    const names = await filesIn(from);
    if (!names.includes(last)) throw new Error(`${from} has no ${last}, so it is not whole`);
    const before = await listObjects(this.#bucket, `${folder}/`);
    await deleteObjects(this.#bucket, [`${folder}/${last}`]);
    const published: { id: string; path: string }[] = [];
    const publish = async (name: string) => {
      const [key, path] = [`${folder}/${name}`, join(from, name)];
      const { version } = await this.#put(key, createReadStream(path, { highWaterMark: 1 << 20 }));
      published.push({ id: this.#idOf(key, version), path });
    };
    const waiting = names.filter((name) => name !== last);
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await publish(name);
    };
    await Promise.all(Array.from({ length: uploadsAtOnce }, work));
    const leftOver = before.map(({ key }) => key).filter((key) => !names.includes(key.slice(folder.length + 1)));
    await deleteObjects(this.#bucket, leftOver);
    await publish(last);
    await this.#cache.adopt(published);
    await rm(from, { recursive: true });
  }

  async #put(key: string, body: ObjectBody): Promise<StoredObject & { version: string }> {
    assertArtifactKey(key);
    const parts = new BodyParts(body, partBytes);
    try {
      const first = (await parts.next()) ?? Buffer.alloc(0);
      const second = first.length < partBytes ? null : await parts.next();
      if (second !== null) return await this.#putLong(key, first, second, parts);
      const sha256 = parts.sha256();
      const request = new PutObjectCommand({ ...this.#place(key), Body: first, Metadata: inlineSum(sha256) });
      const { ETag: version = '' } = await this.#bucket.client.send(request);
      return { sizeBytes: first.length, sha256, version };
    } finally {
      await parts.close();
    }
  }

  async #putLong(key: string, first: Buffer, second: Buffer, rest: BodyParts): Promise<StoredObject & { version: string }> {
    const sum = laterSum(this.#bucket, key);
    let sha256 = '';
    async function* all(): AsyncGenerator<Buffer> {
      yield first;
      for (let part: Buffer | null = second; part !== null; part = await rest.next()) yield part;
    }
    const { version } = await uploadInParts({
      bucket: this.#bucket,
      key,
      metadata: sum.metadata,
      parts: all(),
      beforeItAppears: async () => {
        sha256 = rest.sha256();
        await sum.store(sha256);
      },
    });
    return { sizeBytes: rest.sizeBytes, sha256, version };
  }

  async #openLines(key: string, range: { start: number; end: number } | undefined): Promise<Readable | null> {
    const segments = await listSegments(this.#bucket, key);
    if (segments.length === 0) return null;
    return Readable.from(this.#readSegments(segments, range), { objectMode: false });
  }

  async *#readSegments(
    segments: ListedObject[],
    range = { start: 0, end: Number.POSITIVE_INFINITY },
  ): AsyncGenerator<Uint8Array> {
    let position = 0;
    for (const { key, sizeBytes } of segments) {
      const [start, end] = [Math.max(0, range.start - position), Math.min(sizeBytes - 1, range.end - position)];
      position += sizeBytes;
      if (start > end) continue;
      // Lines that came since the segments were listed may be read along with the others.
      const opened = await openObject(
        this.#bucket,
        key,
        start === 0 && range.end === Number.POSITIVE_INFINITY ? undefined : { start, end },
      );
      if (opened) yield* opened.bytes;
    }
  }

  #remote({ key, sizeBytes, version }: ListedObject, name: string): RemoteFile {
    return { id: this.#idOf(key, version), name, sizeBytes, download: () => this.#download(key, sizeBytes) };
  }

  async *#download(key: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
    const head = await this.#head(key);
    const sha256 = await readSum(this.#bucket, key, head?.Metadata);
    const pieces = readAhead(Math.ceil(sizeBytes / pieceBytes), async (index) => {
      const start = index * pieceBytes;
      const opened = await openObject(this.#bucket, key, { start, end: start + pieceBytes - 1 });
      if (!opened) throw new Error(`${key} was removed from the artifact store while it was read`);
      return await buffer(opened.bytes);
    });
    yield* verified(pieces, key, sha256);
  }

  async #head(key: string) {
    try {
      return await this.#bucket.client.send(new HeadObjectCommand(this.#place(key)));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  #place(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket.name, Key: `${this.#bucket.prefix}${key}` };
  }

  #idOf(key: string, version: string): string {
    return `${this.url}/${key} ${version}`;
  }
}

async function asDiskErrors<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw asDiskError(error);
  }
}
