import { SetTagLimit, TagLimit, TagLimits } from '@scion/schema';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';

const tags = ['Server'];

const TagParams = z.strictObject({ tag: z.string().min(1).max(64) });

export const tagLimitRoutes = defineRoutes((app) => {
  app.route({
    method: 'GET',
    url: '/v1/limits',
    schema: {
      tags,
      summary: 'List how many jobs of a tag may run at once',
      response: { 200: TagLimits },
    },
    handler: async (request) => ({ data: await request.services.limits.list() }),
  });

  app.route({
    method: 'PUT',
    url: '/v1/limits/:tag',
    config: { exampleBody: { maxRunning: 2 } },
    schema: {
      tags,
      summary: 'Limit how many jobs with a tag run at once',
      description:
        'Counts for the jobs that start from now on; none is stopped for it. Jobs without the tag go past those that are held back.',
      params: TagParams,
      body: SetTagLimit,
      response: { 200: TagLimit, ...problemResponses('malformedJson', 'validationFailed', 'unsupportedMediaType') },
    },
    handler: (request) => request.services.limits.set(request.params.tag, request.body.maxRunning),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/limits/:tag',
    schema: {
      tags,
      summary: 'Remove the limit of a tag',
      params: TagParams,
      response: { 204: z.undefined().describe('Removed'), ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      await request.services.limits.remove(request.params.tag);
      return reply.code(204).send();
    },
  });
});
