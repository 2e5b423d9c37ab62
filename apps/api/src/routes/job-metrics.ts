import { MetricColumns, MetricsQuery } from '@scion/schema';
import { z } from 'zod';
import { toCsv } from '../metrics-csv.ts';
import { accepts } from '../negotiation.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

export const jobMetricRoutes = defineRoutes((app) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/metrics',
    config: { etag: true },
    schema: {
      tags: ['Jobs'],
      summary: 'Get the metric series of a job',
      description: 'One column of steps and one of values for each metric. With `Accept: text/csv`, one row for each step.',
      params: JobParams,
      querystring: MetricsQuery,
      response: {
        200: {
          description: 'The series so far',
          content: { 'application/json': { schema: MetricColumns }, 'text/csv': { schema: z.string() } },
        },
        ...problemResponses('notFound', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      const columns = await request.services.jobs.metrics(request.params.id, request.query);
      if (accepts(request, ['application/json', 'text/csv']) === 'application/json') return columns;
      return reply.type('text/csv; charset=utf-8').send(toCsv(columns));
    },
  });
});
