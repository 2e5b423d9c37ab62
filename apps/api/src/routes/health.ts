import { Health, Readiness } from '@scion/schema';
import { checkReadiness } from '../readiness.ts';
import { defineRoutes } from './define-routes.ts';

const tags = ['Server'];

export const healthRoutes = defineRoutes((app, dependencies) => {
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: { tags, summary: 'Is the process alive?', response: { 200: Health } },
    handler: async () => ({ status: 'ok' as const, version: dependencies.version }),
  });

  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      tags,
      summary: 'Can the server take work?',
      description: 'Ready once the database (its migrations included) and the queue answer.',
      response: { 200: Readiness, 503: Readiness.describe('A part does not answer') },
    },
    handler: async (_request, reply) => {
      const readiness = await checkReadiness(dependencies);
      return reply.code(readiness.status === 'ready' ? 200 : 503).send(readiness);
    },
  });
});
