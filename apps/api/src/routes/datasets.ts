import multipart from '@fastify/multipart';
import { CreateDatasetFields, Dataset, DeleteDataset, FetchDataset, ListDatasets, pageOf, ScionError } from '@scion/schema';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { createDatasetIntake } from '../uploads/dataset-intake.ts';
import { refuseForbiddenSource } from '../uploads/forbidden-source.ts';
import { defineRoutes } from './define-routes.ts';
import { DatasetParams } from './path-params.ts';

const tags = ['Data sets'];

const UploadForm = CreateDatasetFields.extend({ file: z.string().meta({ format: 'binary', description: 'The archive' }) });

const exampleBody = { catalog: 'fashion-mnist', name: 'clothes' };

export const datasetRoutes = defineRoutes(async (app, dependencies) => {
  const { datasetFolders = [], s3Imports = [] } = dependencies;
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = null;
      else if (request.body === undefined || request.body === null) throw noBody();
    });
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/datasets',
      config: { form: UploadForm, exampleBody, holds: 'upload' },
      schema: {
        tags,
        summary: 'Add a data set',
        description:
          'Takes a form with an archive in the field `file`, which is streamed into the store, or JSON that tells the server what ' +
          'to fetch: `url`, `catalog` (a public data set) or `path` (a file or folder of the server, where the operator allowed ' +
          'that); or, of a file that came in parts, `upload`. The answer comes at once, in state `validating`; poll the data set until it is `ready` or `invalid`. Form ' +
          'fields may stand before or after the file. Bytes that are stored already are stored once.',
        body: FetchDataset.nullish(),
        response: {
          201: Dataset.describe('Accepted, and being validated. `Location` is its URL'),
          ...problemResponses(
            'uploadInvalid',
            'validationFailed',
            'malformedJson',
            'bodyTooLarge',
            'unsupportedMediaType',
            'sourceForbidden',
            'notFound',
            'conflict',
            'insufficientStorage',
          ),
        },
      },
      handler: async (request, reply) => {
        if (request.body) refuseForbiddenSource(request.body, { datasetFolders, s3Imports });
        const intake = createDatasetIntake(request, dependencies);
        const dataset = request.body ? await intake.fromJson(request.body) : await intake.fromForm(request);
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
    handler: (request) => request.services.datasets.list(request.query),
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
    handler: (request) => request.services.datasets.get(request.params.id),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/datasets/:id',
    schema: {
      tags,
      summary: 'Move a data set to the trash, with its files',
      description:
        'Refused while a job that has not ended, or a model, needs it; `errors` names them. `force=true` deletes it anyway.',
      params: DatasetParams,
      querystring: DeleteDataset,
      response: {
        204: z.undefined().describe('In the trash'),
        ...problemResponses('notFound', 'datasetInUse', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      await request.services.datasets.delete(request.params.id, request.query);
      return reply.code(204).send();
    },
  });
});

function noBody(): ScionError {
  return new ScionError('unsupportedMediaType', 'Send a multipart form with a file, or JSON with url, catalog, path or upload');
}
