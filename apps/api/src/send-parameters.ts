import { parameterFiles, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** The response schema of a route that `sendParameters` answers. */
export const safetensorsResponse = {
  description: 'The parameters as safetensors. `ETag` is the SHA-256 of the file',
  content: { 'application/octet-stream': { schema: z.unknown().meta({ type: 'string', format: 'binary' }) } },
};

/**
 * Streams the parameters file of a checkpoint's or model's folder. A file never changes, so its hash is a strong ETag.
 *
 * @throws ScionError `notFound` where the record outlived its file
 */
export async function sendParameters({
  request,
  reply,
  store,
  record,
}: {
  request: FastifyRequest;
  reply: FastifyReply;
  store: ArtifactStore;
  record: { id: string; key: string; sha256: string };
}): Promise<FastifyReply> {
  const etag = `"${record.sha256}"`;
  if (request.headers['if-none-match'] === etag) return reply.code(304).header('etag', etag).send();

  const key = `${record.key}/${parameterFiles.parameters}`;
  const sizeBytes = await store.sizeOf(key);
  const file = await store.openRead(key);
  if (file === null || sizeBytes === null) throw new ScionError('notFound', `The files of ${record.id} are gone from the store`);
  return reply
    .type('application/octet-stream')
    .headers({
      etag,
      'cache-control': 'no-cache',
      'content-length': sizeBytes,
      'content-disposition': `attachment; filename="${record.id}.safetensors"`,
    })
    .send(file);
}
