import { ListWorkers, pageOf, QueueStatus, Worker } from '@scion/schema';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';

const tags = ['Server'];

export const workerRoutes = defineRoutes((app) => {
  app.route({
    method: 'GET',
    url: '/v1/workers',
    schema: {
      tags,
      summary: 'List the workers',
      querystring: ListWorkers,
      response: { 200: pageOf(Worker), ...problemResponses('validationFailed') },
    },
    handler: (request) => request.services.workers.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/queue',
    schema: {
      tags,
      summary: 'Get how much waits, and how many slots there are',
      response: { 200: QueueStatus },
    },
    handler: (request) => request.services.queueStatus(),
  });
});
