import multipart from '@fastify/multipart';
import { PredictRequest, PredictResponse, validationError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { receiveForm } from '../uploads/receive-form.ts';
import { defineRoutes } from './define-routes.ts';
import { ModelParams } from './path-params.ts';

const bodyLimit = 32 * 2 ** 20;

const FormFields = z.strictObject({ topK: z.coerce.number().optional() });

const exampleBody = { inputs: [{ image: '/9j/4AAQSkZJRgABAQEASABIAAD/…' }], topK: 3 };

const PredictForm = z.strictObject({
  file: z.string().meta({ format: 'binary', description: 'An encoded image (JPEG, PNG, WebP, GIF); may come several times' }),
  topK: z.int().min(1).max(1000).default(5),
});

export const predictRoutes = defineRoutes(async (app, { predictor }) => {
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    // Turns a form into the same body that JSON gives, which is validated next.
    scope.addHook('preValidation', async (request) => {
      if (request.isMultipart()) request.body = await readForm(request);
    });
    scope.withTypeProvider<ZodTypeProvider>().route({
      method: 'POST',
      url: '/v1/models/:id/predict',
      bodyLimit,
      config: { form: PredictForm, exampleBody, access: 'read' },
      schema: {
        tags: ['Models'],
        summary: 'Classify images',
        description:
          'Takes JSON with images in base64, or a form with one or more fields `file`. Predictions come in the same order.',
        params: ModelParams,
        body: PredictRequest,
        response: {
          200: PredictResponse,
          ...problemResponses(
            'notFound',
            'malformedJson',
            'validationFailed',
            'uploadInvalid',
            'inputInvalid',
            'bodyTooLarge',
            'unsupportedMediaType',
            'unavailable',
          ),
        },
      },
      handler: async (request) => {
        const { model, key } = await request.services.models.get(request.params.id);
        const { inputs, topK } = request.body;
        const images = inputs.map(({ image }) => image);
        return { predictions: await predictor.predict({ model: { key, id: model.id }, images, topK }) };
      },
    });
  });
});

async function readForm(request: FastifyRequest): Promise<unknown> {
  const { fields, files } = await receiveForm(request, {
    limits: { totalBytes: bodyLimit, files: 256 },
    receiveFile: async (part) => ({ image: (await part.toBuffer()).toString('base64') }),
  });
  const parsed = FormFields.safeParse(fields);
  if (!parsed.success) throw validationError(parsed.error, 'form');
  return { ...parsed.data, inputs: files };
}
