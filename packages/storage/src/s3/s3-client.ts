import { S3Client } from '@aws-sdk/client-s3';
import type { S3Access } from '../storage-options.ts';
import { asStoreError } from './s3-error.ts';

export type S3Timeouts = {
  connectMs: number;
  /** For the next piece of a request or an answer to get through. */
  silentMs: number;
  /** Tries of one request. Between them the SDK waits for a random part of 0.1 s, 0.2 s, 0.4 s, … */
  tries: number;
};

export const defaultTimeouts: S3Timeouts = { connectMs: 5000, silentMs: 60_000, tries: 8 };

/**
 * A client for Amazon's S3 and for stores that speak its protocol. The signature of each request covers the SHA-256 of its body, so
 * that a store refuses what was altered on the way; the newer checksum headers, which not every store knows, are left out.
 */
export function createS3Client(
  { region, endpoint, pathStyle, credentials }: S3Access,
  { connectMs, silentMs, tries }: S3Timeouts = defaultTimeouts,
): S3Client {
  const client = new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint === null ? {} : { endpoint }),
    ...(credentials === null ? {} : { credentials }),
    maxAttempts: tries,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: silentMs,
      requestTimeout: 10 * silentMs, // Of a part on a slow line
      throwOnRequestTimeout: true,
    },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  // The first of all steps, so that it sees what is left when all tries have failed.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw asStoreError(error);
      }
    },
    { name: 'storeErrors', step: 'initialize', priority: 'high' },
  );
  return client;
}
