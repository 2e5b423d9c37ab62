import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { S3Access } from '../storage-options.ts';
import { createS3Client } from './s3-client.ts';
import type { S3Location } from './s3-location.ts';

/** What `s3SignedUrl` gives. */
export async function signedUrl({ bucket, key }: S3Location, s3: S3Access, forSeconds: number): Promise<string> {
  const client = createS3Client(s3);
  return await getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: forSeconds });
}
