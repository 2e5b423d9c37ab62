import { parameterFiles } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sendStoredFile } from './send-stored-file.ts';

/** The response schema of a route that `sendParameters` answers. */
export const safetensorsResponse = {
  description: 'The parameters as safetensors. `ETag` is the SHA-256 of the file',
  content: { 'application/octet-stream': { schema: z.unknown().meta({ type: 'string', format: 'binary' }) } },
};

/**
 * Streams the parameters file of a checkpoint's or model's folder, which never changes.
 *
 * @throws ScionError `notFound` where the record outlived its file
 */
export async function sendParameters({
  record: { id, key, sha256 },
  ...answer
}: {
  request: FastifyRequest;
  reply: FastifyReply;
  store: ArtifactStore;
  record: { id: string; key: string; sha256: string };
}): Promise<FastifyReply> {
  return await sendStoredFile({
    ...answer,
    file: {
      key: `${key}/${parameterFiles.parameters}`,
      sha256,
      mediaType: 'application/octet-stream',
      fileName: `${id}.safetensors`,
    },
  });
}
