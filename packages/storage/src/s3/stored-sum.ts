import { randomUUID } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './bucket.ts';
import { isMissing } from './s3-error.ts';

/**
 * The SHA-256 of an object stands in its metadata. That of one that is sent in parts is not known when its metadata is: there, the
 * metadata name a small object that holds it, and that is stored before the large one appears.
 */
const inline = 'scion-sha256';
const reference = 'scion-sum';

export type Metadata = Record<string, string>;

/** Where the sums of a key's large objects stand. */
export const sumFolder = (key: string) => `.sums/${key}/`;

export function inlineSum(sha256: string): Metadata {
  return { [inline]: sha256 };
}

/** A sum that is stored when it is known. */
export function laterSum(bucket: Bucket, key: string): { metadata: Metadata; store(sha256: string): Promise<void> } {
  const id = randomUUID();
  return {
    metadata: { [reference]: id },
    store: async (sha256) => {
      const { client, name, prefix } = bucket;
      await client.send(new PutObjectCommand({ Bucket: name, Key: `${prefix}${sumFolder(key)}${id}`, Body: sha256 }));
    },
  };
}

/** The SHA-256 that was stored with an object; null for one that other programs put there. */
export async function readSum(bucket: Bucket, key: string, metadata: Metadata = {}): Promise<string | null> {
  const sha256 = metadata[inline];
  if (sha256 !== undefined) return sha256;
  const id = metadata[reference];
  if (id === undefined) return null;
  const { client, name, prefix } = bucket;
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: `${prefix}${sumFolder(key)}${id}` }));
    return (await Body?.transformToString()) ?? null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
