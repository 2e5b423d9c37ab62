import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isMissing } from './s3-error.ts';
import type { Metadata } from './stored-sum.ts';

/** S3 takes up to 10,000 parts: with this size, objects of up to 156 GiB. Some stores want all parts of one size. */
export const partBytes = 16 * 2 ** 20;
const mostParts = 10_000;
/** Parts on their way at once, so at most this many and one more are in memory. */
const partsAhead = 2;
const abandonedAfterMs = 24 * 60 * 60 * 1000;

type Part = { PartNumber: number; ETag: string | undefined };

/**
 * Stores an object in parts; `beforeItAppears` runs when all parts are there. Readers see nothing of it before its end. (Of the SDK
 * the plain commands, since its own `Upload` completes what it uploads before anybody can note the sum of it.)
 */
export async function uploadInParts(options: {
  bucket: Bucket;
  key: string;
  metadata: Metadata;
  parts: AsyncIterable<Buffer>;
  beforeItAppears: () => Promise<void>;
}): Promise<{ version: string }> {
  const { bucket, key, metadata, parts, beforeItAppears } = options;
  const target = { Bucket: bucket.name, Key: `${bucket.prefix}${key}` };
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand({ ...target, Metadata: metadata }));
  try {
    const Parts = await sendParts(bucket, { ...target, UploadId }, parts);
    await beforeItAppears();
    const complete = new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } });
    const { ETag = '' } = await bucket.client.send(complete).catch((error: unknown) => completedBefore(error, options));
    return { version: ETag };
  } catch (error) {
    // What cannot be taken away now is when the store is opened next.
    await bucket.client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  { client }: Bucket,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: AsyncIterable<Buffer>,
): Promise<Part[]> {
  const sent: Promise<Part>[] = [];
  try {
    for await (const Body of parts) {
      const PartNumber = sent.length + 1;
      if (PartNumber > mostParts)
        throw new RangeError(`An object of more than ${mostParts} parts of ${partBytes} bytes cannot be stored`);
      const sending = client
        .send(new UploadPartCommand({ ...upload, PartNumber, Body }))
        .then(({ ETag }) => ({ PartNumber, ETag }));
      sending.catch(() => undefined); // It is awaited below, perhaps only after another part has failed
      sent.push(sending);
      await sent[sent.length - partsAhead];
    }
    return await Promise.all(sent);
  } catch (error) {
    await Promise.allSettled(sent); // An upload that still takes in parts is not taken away whole
    throw error;
  }
}

/** A request whose answer was lost is sent again, and then finds no upload: the object that it made is there. */
async function completedBefore(
  error: unknown,
  { bucket, key, metadata }: { bucket: Bucket; key: string; metadata: Metadata },
): Promise<{ ETag?: string | undefined }> {
  if (!isMissing(error)) throw error;
  const head = await bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: `${bucket.prefix}${key}` }));
  const isOurs = Object.entries(metadata).every(([name, value]) => head.Metadata?.[name] === value);
  if (!isOurs) throw error;
  return head;
}

/** Takes away uploads that nobody will finish: those that began a day ago. Stores that cannot list them clear up by themselves. */
export async function abortAbandonedUploads({ client, name, prefix }: Bucket): Promise<void> {
  const listed = await client
    .send(new ListMultipartUploadsCommand({ Bucket: name, Prefix: prefix }))
    .catch(() => ({ Uploads: undefined }));
  for (const { Key, UploadId, Initiated } of listed.Uploads ?? []) {
    if (Initiated === undefined || Date.now() - Initiated.getTime() < abandonedAfterMs) continue;
    await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId })).catch(() => undefined);
  }
}
