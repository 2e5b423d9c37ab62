import { Checkpoint, PageQuery, pageOf } from '@scion/schema';
import { problemResponses } from '../problem-responses.ts';
import { safetensorsResponse, sendParameters } from '../send-parameters.ts';
import { defineRoutes } from './define-routes.ts';
import { CheckpointParams, JobParams } from './path-params.ts';

const tags = ['Checkpoints'];

export const checkpointRoutes = defineRoutes((app, { store }) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/checkpoints',
    schema: {
      tags,
      summary: 'List the checkpoints of a job, newest first',
      params: JobParams,
      querystring: PageQuery,
      response: { 200: pageOf(Checkpoint), ...problemResponses('notFound', 'validationFailed') },
    },
    handler: (request) => request.services.checkpoints.listOfJob(request.params.id, request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/checkpoints/:id',
    schema: {
      tags,
      summary: 'Download the parameters of a checkpoint',
      params: CheckpointParams,
      response: { 200: safetensorsResponse, ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      const { checkpoint, key } = await request.services.checkpoints.get(request.params.id);
      return await sendParameters({ request, reply, store, record: { id: checkpoint.id, key, sha256: checkpoint.sha256 } });
    },
  });
});
