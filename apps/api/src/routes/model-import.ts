import multipart from '@fastify/multipart';
import { artifactKeys, Model, newId, ScionError, validationError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AppDependencies } from '../app-dependencies.ts';
import { importModel, nameOfSource } from '../imports/import-model.ts';
import { problemResponses } from '../problem-responses.ts';
import { receiveForm } from '../uploads/receive-form.ts';
import { defineRoutes, type RouteDependencies } from './define-routes.ts';

const exampleBody = {
  url: 'https://example.org/resnet18.safetensors',
  backbone: { type: 'resnet18', stem: 'imagenet' },
};

export const modelImportRoutes = defineRoutes(async (app, dependencies) => {
  const { ImportModel, ImportModelFields } = dependencies.catalogue;
  const form = ImportModelFields.extend({
    file: z.string().meta({ format: 'binary', description: 'A safetensors or PyTorch file (.pt, .pth)' }),
  });
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = null;
      else if (request.body === undefined || request.body === null)
        throw new ScionError('unsupportedMediaType', 'Send a multipart form with a file, or JSON with url');
    });
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/models',
      config: { form, exampleBody, holds: 'upload' },
      schema: {
        tags: ['Models'],
        summary: 'Import weights as a model to finetune from',
        description:
          'Takes a form with a safetensors or PyTorch file in the field `file`, or JSON with its `url`. Its tensors become the ' +
          'parameters of `backbone`; `import` of the answer says which it lacked, which had another shape, which were not used and ' +
          'which came in another type. Nothing in the file is run. The answer comes when the import is done.',
        body: ImportModel.nullish(),
        response: {
          201: Model.describe('Imported. `Location` is its URL'),
          ...problemResponses(
            'uploadInvalid',
            'validationFailed',
            'malformedJson',
            'weightsInvalid',
            'shapeMismatch',
            'bodyTooLarge',
            'unsupportedMediaType',
            'sourceForbidden',
            'sourceUnavailable',
            'insufficientStorage',
            'unavailable',
          ),
        },
      },
      handler: async (request, reply) => {
        const model = request.body
          ? await importFromUrl(request, dependencies, request.body)
          : await importUpload(request, dependencies);
        return reply.code(201).header('location', `/v1/models/${model.id}`).send(model);
      },
    });
  });
});

type ImportBody = z.output<AppDependencies['catalogue']['ImportModel']>;

async function importFromUrl(
  { services }: FastifyRequest,
  { store, importer }: RouteDependencies,
  { url, name, ...settings }: ImportBody,
): Promise<Model> {
  return await importModel(
    { services, store, importer },
    {
      id: newId('model'),
      name: name ?? nameOfSource(new URL(url).pathname),
      source: { type: 'url', url },
      settings,
    },
  );
}

/** The file stands in the store while it is read, and is removed whatever comes of it. */
async function importUpload(
  request: FastifyRequest,
  { store, importer, catalogue, maxUploadBytes }: RouteDependencies,
): Promise<Model> {
  const id = newId('model');
  const key = artifactKeys.weightsUpload(id);
  try {
    const { fields, files } = await receiveForm(request, {
      limits: { totalBytes: maxUploadBytes, files: 1 },
      receiveFile: async (part) => ({ fileName: part.filename, ...(await store.put(key, part.file)) }),
    });
    const parsed = catalogue.ImportModelFields.safeParse(fields);
    if (!parsed.success) throw validationError(parsed.error, 'form');
    const { name, ...given } = parsed.data;
    const [file] = files;
    if (file === undefined) throw new ScionError('uploadInvalid', 'The form has no file: send it in the field "file"');
    return await importModel(
      { services: request.services, store, importer },
      {
        id,
        name: name ?? nameOfSource(file.fileName),
        source: { type: 'upload', key, sha256: file.sha256 },
        settings: catalogue.ImportSettings.parse(given),
      },
    );
  } finally {
    await store.remove(key);
  }
}
