import { startRepeatingTask } from '@scion/jobs';
import { CreateUpload, ScionError, Upload } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { readContentDigest } from '../uploads/content-digest.ts';
import { createPartUploads, removeExpiredUploads } from '../uploads/part-uploads.ts';
import { defineRoutes } from './define-routes.ts';
import { PartParams, UploadParams } from './path-params.ts';

const tags = ['Uploads'];
const clearEveryMs = 60 * 60 * 1000;

const done = z.undefined();

/** Large files in parts, which a cut connection costs one part at most. */
export const uploadRoutes = defineRoutes(async (app, { store, maxUploadBytes, log }) => {
  const uploadsOf = ({ caller }: FastifyRequest) => createPartUploads(store, caller.scope.project);
  const clearing = startRepeatingTask({
    run: () => removeExpiredUploads(store),
    everyMs: clearEveryMs,
    onError: (error) => log.warn({ err: error }, 'expired uploads'),
  });
  app.addHook('onClose', () => clearing.stop());

  app.route({
    method: 'POST',
    url: '/v1/uploads',
    schema: {
      tags,
      summary: 'Begin an upload in parts',
      description:
        'For files that are too large for one request. Cut the file into `parts` parts of `partBytes` bytes (the last one may be ' +
        'shorter), send each with `PUT /v1/uploads/{id}/parts/{part}`, and add the whole with `POST /v1/datasets {"upload": id}`. ' +
        'An upload is forgotten a week after it began.',
      body: CreateUpload,
      response: {
        201: Upload.describe('Begun. `Location` is its URL'),
        ...problemResponses('validationFailed', 'bodyTooLarge', 'insufficientStorage'),
      },
    },
    handler: async (request, reply) => {
      if (request.body.sizeBytes > maxUploadBytes) {
        throw new ScionError('bodyTooLarge', `The file is larger than ${maxUploadBytes} bytes, the most that is taken`);
      }
      await request.services.requireRoom(request.body.sizeBytes);
      const upload = await uploadsOf(request).create(request.body);
      return reply.code(201).header('location', `/v1/uploads/${upload.id}`).send(upload);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/uploads/:id',
    schema: {
      tags,
      summary: 'See how far an upload is',
      params: UploadParams,
      response: { 200: Upload, ...problemResponses('notFound') },
    },
    handler: (request) => uploadsOf(request).get(request.params.id),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/uploads/:id',
    schema: {
      tags,
      summary: 'Forget an upload and its parts',
      params: UploadParams,
      response: { 204: done.describe('Forgotten. A data set that was made of it stays'), ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      await uploadsOf(request).remove(request.params.id);
      return reply.code(204).send();
    },
  });

  await app.register(async (scope) => {
    // The bytes go on to the store as they come.
    scope.addContentTypeParser('application/octet-stream', (_request, payload, parsed) => parsed(null, payload));
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'PUT',
      url: '/v1/uploads/:id/parts/:part',
      config: { bytes: true, rate: 'read', holds: 'upload' },
      schema: {
        tags,
        summary: 'Send one part',
        description:
          'In any order, several at once, and again where one broke off: of such a part nothing is kept. With the header ' +
          '`Content-Digest: sha-256=:<base64>:` a part that was altered on its way is refused.',
        params: PartParams,
        response: {
          204: done.describe('Stored'),
          ...problemResponses(
            'notFound',
            'uploadInvalid',
            'conflict',
            'unsupportedMediaType',
            'malformedRequest',
            'insufficientStorage',
          ),
        },
      },
      handler: async (request, reply) => {
        const { id, part } = request.params;
        const digest = request.headers['content-digest'];
        const sha256 = readContentDigest(Array.isArray(digest) ? digest.join(',') : digest);
        await uploadsOf(request).putPart(id, { part, sha256, bytes: request.raw });
        return reply.code(204).send();
      },
    });
  });
});
