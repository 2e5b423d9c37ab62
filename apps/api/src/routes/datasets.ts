import multipart from '@fastify/multipart';
import { artifactKeys, CreateDatasetFields, Dataset, ListDatasets, newId, pageOf } from '@scion/schema';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { receiveDataset } from '../uploads/receive-dataset.ts';
import { defineRoutes } from './define-routes.ts';
import { DatasetParams } from './path-params.ts';

const tags = ['Data sets'];

const UploadForm = CreateDatasetFields.extend({ file: z.string().meta({ format: 'binary', description: 'The archive' }) });

export const datasetRoutes = defineRoutes(async (app, { services, store, maxUploadBytes }) => {
  await app.register(async (scope) => {
    // A form only: a JSON body is refused with 415 here.
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/datasets',
      config: { form: UploadForm },
      schema: {
        tags,
        summary: 'Upload a data set',
        description:
          'Streams an archive into the store and has it validated. The answer comes at once, in state `validating`; poll the data ' +
          'set until it is `ready` or `invalid`. The fields `name` and `format` may stand before or after the file.',
        response: {
          201: Dataset.describe('Stored, and being validated. `Location` is its URL'),
          ...problemResponses('uploadInvalid', 'validationFailed', 'bodyTooLarge', 'unsupportedMediaType', 'insufficientStorage'),
        },
      },
      handler: async (request, reply) => {
        const received = await receiveDataset({ request, store, id: newId('dataset'), maxBytes: maxUploadBytes });
        const dataset = await services.datasets.create(received);
        return reply.code(201).header('location', `/v1/datasets/${dataset.id}`).send(dataset);
      },
    });
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets',
    schema: {
      tags,
      summary: 'List data sets, newest first',
      querystring: ListDatasets,
      response: { 200: pageOf(Dataset), ...problemResponses('validationFailed') },
    },
    handler: (request) => services.datasets.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets/:id',
    config: { etag: true },
    schema: {
      tags,
      summary: 'Get a data set',
      description: 'Poll it with `If-None-Match`: an unchanged one answers 304.',
      params: DatasetParams,
      response: { 200: Dataset, ...problemResponses('notFound') },
    },
    handler: (request) => services.datasets.get(request.params.id),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/datasets/:id',
    schema: {
      tags,
      summary: 'Delete a data set and its files',
      params: DatasetParams,
      response: { 204: z.undefined().describe('Deleted'), ...problemResponses('notFound', 'conflict') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await services.datasets.delete(id);
      await store.remove(artifactKeys.datasetUpload(id));
      await store.remove(artifactKeys.datasetPacked(id));
      return reply.code(204).send();
    },
  });
});
