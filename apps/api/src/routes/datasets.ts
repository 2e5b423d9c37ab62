import { isAbsolute, relative, resolve } from 'node:path';
import multipart from '@fastify/multipart';
import type { Services } from '@scion/jobs';
import {
  CreateDatasetFields,
  Dataset,
  type DatasetSource,
  DeleteDataset,
  FetchDataset,
  ListDatasets,
  newId,
  pageOf,
  ScionError,
} from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { receiveDataset } from '../uploads/receive-dataset.ts';
import { defineRoutes } from './define-routes.ts';
import { DatasetParams } from './path-params.ts';

const tags = ['Data sets'];

const UploadForm = CreateDatasetFields.extend({ file: z.string().meta({ format: 'binary', description: 'The archive' }) });

const exampleBody = { catalog: 'fashion-mnist', name: 'clothes' };

export const datasetRoutes = defineRoutes(async (app, { services, store, maxUploadBytes, datasetFolders = [] }) => {
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = null;
      else if (request.body === undefined || request.body === null) throw noBody();
    });
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/datasets',
      config: { form: UploadForm, exampleBody },
      schema: {
        tags,
        summary: 'Add a data set',
        description:
          'Takes a form with an archive in the field `file`, which is streamed into the store, or JSON that tells the server what ' +
          'to fetch: `url`, `catalog` (a public data set) or `path` (a file or folder of the server, where the operator allowed ' +
          'that). The answer comes at once, in state `validating`; poll the data set until it is `ready` or `invalid`. Form ' +
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
            'insufficientStorage',
          ),
        },
      },
      handler: async (request, reply) => {
        if (request.body && 'path' in request.body) refuseOutside(datasetFolders, request.body.path);
        const dataset = request.body ? await addFetched(services, request.body) : await addUpload(request);
        return reply.code(201).header('location', `/v1/datasets/${dataset.id}`).send(dataset);
      },
    });
  });

  const addUpload = async (request: FastifyRequest): Promise<Dataset> => {
    const {
      policy,
      columns = {},
      ...received
    } = await receiveDataset({
      request,
      store,
      id: newId('dataset'),
      maxBytes: maxUploadBytes,
    });
    const { dataset, surplusKey } = await services.datasets.createFromUpload({ ...received, options: { policy, columns } });
    if (surplusKey !== null) await store.remove(surplusKey);
    return dataset;
  };

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
      description:
        'Refused while a job that has not ended, or a model, needs it; `errors` names them. `force=true` deletes it anyway.',
      params: DatasetParams,
      querystring: DeleteDataset,
      response: {
        204: z.undefined().describe('Deleted'),
        ...problemResponses('notFound', 'datasetInUse', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const keys = await services.datasets.delete(id, request.query);
      for (const key of keys) await store.remove(key);
      return reply.code(204).send();
    },
  });
});

/** Says at once what the worker, which follows links, would find out: that a path is in no allowed folder. */
function refuseOutside(folders: readonly string[], path: string): void {
  const isInside = (folder: string) => !relative(resolve(folder), path).startsWith('..');
  if (isAbsolute(path) && folders.some(isInside)) return;
  const allowed =
    folders.length > 0 ? `Allowed are ${folders.join(', ')}` : 'None is: the operator can set SCION_DATASET_FOLDERS';
  throw new ScionError('sourceForbidden', `${path} is in no folder that may be read from. ${allowed}`, {
    details: [{ path: 'path', message: 'This path is in no allowed folder' }],
  });
}

/** Adds a data set that a worker will fetch. Whether it may be fetched is the worker's to say: it knows its rules and addresses. */
async function addFetched(services: Services, body: FetchDataset): Promise<Dataset> {
  const { name, format, split, policy, columns = {} } = body;
  const { source, fileName } = sourceOf(body);
  return await services.datasets.create({ name, format, split, options: { policy, columns }, source, fileName, sizeBytes: 0 });
}

function sourceOf(body: FetchDataset): { source: DatasetSource; fileName: string } {
  if ('catalog' in body) return { source: { type: 'catalog', name: body.catalog }, fileName: body.catalog };
  const [source, address] =
    'url' in body
      ? [{ type: 'url', url: body.url } as const, new URL(body.url).pathname]
      : [{ type: 'path', path: body.path } as const, body.path];
  const fileName = address.split('/').filter(Boolean).at(-1)?.slice(0, 200);
  return { source, fileName: fileName ?? 'data set' };
}

function noBody(): ScionError {
  return new ScionError('unsupportedMediaType', 'Send a multipart form with a file, or JSON with url, catalog or path');
}
