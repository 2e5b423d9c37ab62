import { ListTrash, pageOf, TrashEntry } from '@scion/schema';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams, ModelParams } from './path-params.ts';

const tags = ['Trash'];
const deleted = z.undefined().describe('In the trash');

export const trashRoutes = defineRoutes((app) => {
  app.route({
    method: 'DELETE',
    url: '/v1/jobs/:id',
    schema: {
      tags,
      summary: 'Move a job to the trash',
      description:
        'With its checkpoints, metrics, events and logs. Refused while it has not ended, and while a model of it or an unfinished job needs ' +
        'it; `errors` names them.',
      params: JobParams,
      response: { 204: deleted, ...problemResponses('notFound', 'conflict', 'recordInUse') },
    },
    handler: async (request, reply) => {
      await request.services.trash.deleteJob(request.params.id);
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/models/:id',
    schema: {
      tags,
      summary: 'Move a model to the trash',
      description: 'Refused while an unfinished job starts from it; `errors` names them.',
      params: ModelParams,
      response: { 204: deleted, ...problemResponses('notFound', 'recordInUse') },
    },
    handler: async (request, reply) => {
      await request.services.trash.deleteModel(request.params.id);
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/trash',
    schema: {
      tags,
      summary: 'List what was deleted and can be restored, deleted last first',
      querystring: ListTrash,
      response: { 200: pageOf(TrashEntry), ...problemResponses('validationFailed') },
    },
    handler: (request) => request.services.trash.list(request.query),
  });

  app.route({
    method: 'POST',
    url: '/v1/trash/:id/restore',
    schema: {
      tags,
      summary: 'Take a record out of the trash',
      params: z.strictObject({ id: TrashEntry.shape.id }),
      response: { 204: z.undefined().describe('As it was before'), ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      await request.services.trash.restore(request.params.id);
      return reply.code(204).send();
    },
  });
});
