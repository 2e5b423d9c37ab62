import { ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A file of the artifact store, as an answer names it. */
export type StoredFile = { key: string; sha256: string; mediaType: string; fileName: string };

/**
 * Streams a file of the artifact store; its hash is a strong ETag.
 *
 * @throws ScionError `notFound` where the record outlived its file
 */
export async function sendStoredFile({
  request,
  reply,
  store,
  file: { key, sha256, mediaType, fileName },
}: {
  request: FastifyRequest;
  reply: FastifyReply;
  store: ArtifactStore;
  file: StoredFile;
}): Promise<FastifyReply> {
  const etag = `"${sha256}"`;
  if (request.headers['if-none-match'] === etag) return reply.code(304).header('etag', etag).send();

  const sizeBytes = await store.sizeOf(key);
  const body = await store.openRead(key);
  if (body === null || sizeBytes === null) throw new ScionError('notFound', `The bytes of ${fileName} are gone from the store`);
  return reply
    .type(mediaType)
    .headers({
      etag,
      'cache-control': 'no-cache',
      'content-length': sizeBytes,
      'content-disposition': `attachment; filename="${fileName}"`,
    })
    .send(body);
}
