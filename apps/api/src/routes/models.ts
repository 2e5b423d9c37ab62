import { ListModels, Model, pageOf } from '@scion/schema';
import { problemResponses } from '../problem-responses.ts';
import { safetensorsResponse, sendParameters } from '../send-parameters.ts';
import { defineRoutes } from './define-routes.ts';
import { ModelParams } from './path-params.ts';

const tags = ['Models'];

export const modelRoutes = defineRoutes((app, { store }) => {
  app.route({
    method: 'GET',
    url: '/v1/models',
    schema: {
      tags,
      summary: 'List models, newest first',
      querystring: ListModels,
      response: { 200: pageOf(Model), ...problemResponses('validationFailed') },
    },
    handler: (request) => request.services.models.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/models/:id',
    schema: {
      tags,
      summary: 'Get a model',
      params: ModelParams,
      response: { 200: Model, ...problemResponses('notFound') },
    },
    handler: async (request) => (await request.services.models.get(request.params.id)).model,
  });

  app.route({
    method: 'GET',
    url: '/v1/models/:id/parameters',
    schema: {
      tags,
      summary: 'Download the parameters of a model',
      params: ModelParams,
      response: { 200: safetensorsResponse, ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      const { model, key } = await request.services.models.get(request.params.id);
      return await sendParameters({ request, reply, store, record: { id: model.id, key, sha256: model.sha256 } });
    },
  });
});
