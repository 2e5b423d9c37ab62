import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { ScionError } from '@scion/schema';
import type { Bucket } from './bucket.ts';
import { asStoreError, isBehindEnd, isConditionFailed, isMissing } from './s3-error.ts';
import type { Metadata } from './stored-sum.ts';

/** `end` is inclusive. */
export type ByteRange = { start: number; end: number };

export type OpenedObject = {
  /** Of the whole object, also where only a range of it is read. */
  sizeBytes: number;
  metadata: Metadata;
  version: string;
  bytes: AsyncGenerator<Uint8Array>;
};

/** Times in a row that a broken answer is gone on with. */
const mostBreaks = 5;
const firstWaitMs = 100;

/** Raised where a reader that had to begin anew in the middle found other bytes there. */
export class ReplacedWhileRead extends ScionError {
  constructor(key: string, cause: unknown) {
    super('unavailable', `${key} was replaced in the artifact store while it was read`, { cause });
  }
}

/** Opens an object, or a range of it; null where there is no such object. The range may reach beyond the end. */
export async function openObject(bucket: Bucket, key: string, range?: ByteRange): Promise<OpenedObject | null> {
  try {
    const answer = await request(bucket, key, range);
    const sizeBytes = totalSize(answer);
    const end = Math.min(range?.end ?? Number.POSITIVE_INFINITY, sizeBytes - 1);
    const version = answer.ETag ?? '';
    const bytes = readOn({ bucket, key, version, position: range?.start ?? 0, end, answer });
    return { sizeBytes, metadata: answer.Metadata ?? {}, version, bytes };
  } catch (error) {
    if (isMissing(error)) return null;
    if (isBehindEnd(error)) return { sizeBytes: 0, metadata: {}, version: '', bytes: nothing() };
    throw error;
  }
}

/** Passes bytes on and, after the last one, throws ScionError `artifactCorrupt` where their SHA-256 is not the expected one. */
export async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  key: string,
  sha256: string | null,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  if (sha256 === null || hash.digest('hex') === sha256) return;
  throw new ScionError('artifactCorrupt', `${key} in the artifact store is not what was written: its SHA-256 differs`);
}

/** The bytes of an answer; where the connection breaks, those of further ones that go on from there. */
async function* readOn(reading: {
  bucket: Bucket;
  key: string;
  version: string;
  position: number;
  end: number;
  answer: GetObjectCommandOutput;
}): AsyncGenerator<Uint8Array> {
  const { bucket, key, version, end } = reading;
  let { position, answer } = reading;
  let breaks = 0;
  while (position <= end) {
    try {
      for await (const chunk of bodyOf(answer)) {
        position += chunk.length;
        breaks = 0;
        yield chunk;
      }
      if (position <= end) throw Object.assign(new Error('The answer ended early'), { code: 'ECONNRESET' });
    } catch (error) {
      breaks++;
      if (breaks > mostBreaks) throw asStoreError(error);
      await wait(firstWaitMs * 2 ** (breaks - 1) * (0.5 + Math.random()));
      answer = await request(bucket, key, { start: position, end }, version);
    }
  }
}

async function request(
  { client, name, prefix }: Bucket,
  key: string,
  range?: ByteRange,
  version?: string,
): Promise<GetObjectCommandOutput> {
  const end = Number.isFinite(range?.end) ? range?.end : '';
  try {
    return await client.send(
      new GetObjectCommand({
        Bucket: name,
        Key: `${prefix}${key}`,
        ...(range === undefined ? {} : { Range: `bytes=${range.start}-${end}` }),
        ...(version === undefined ? {} : { IfMatch: version }),
      }),
    );
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    throw new ReplacedWhileRead(key, error);
  }
}

function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  if (Body instanceof Readable) return Body;
  throw new TypeError('The SDK gave a body that is not a stream of Node');
}

/** An answer with a range tells the size of the whole behind the slash: `bytes 0-9/200`. */
function totalSize({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput): number {
  const total = ContentRange?.split('/')[1];
  return total === undefined ? ContentLength : Number(total);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
