import type { JobCommand } from '@scion/jobs';
import { BulkJobs, BulkResult, toProblem } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import { IdempotencyHeaders, idempotencyOf } from '../idempotency-key.ts';
import { toScionError } from '../plugins/to-scion-error.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';

const atOnce = 1000;

export const jobBulkRoutes = defineRoutes((app) => {
  app.route({
    method: 'POST',
    url: '/v1/jobs/bulk',
    config: { exampleBody: { action: 'cancel', filter: { tag: 'sweep-7' } } },
    schema: {
      tags: ['Jobs'],
      summary: 'Do one thing to many jobs',
      description:
        'Each job is changed by itself: the answer says for each what came of it. With an `Idempotency-Key`, one that was done when the ' +
        'request came before is not done again.',
      headers: IdempotencyHeaders,
      body: BulkJobs,
      response: {
        200: BulkResult,
        ...problemResponses('malformedJson', 'validationFailed', 'bodyTooLarge', 'unsupportedMediaType'),
      },
    },
    handler: async (request) => {
      const { action, ids, filter = {} } = request.body;
      const command: JobCommand = action === 'retry' ? { action, from: 'checkpoint' } : { action };
      const chosen = ids
        ? { ids: [...new Set(ids)], hasMore: false }
        : await request.services.jobs.actionable(action, filter, atOnce);
      const data: BulkResult['data'] = [];
      for (const id of chosen.ids) {
        const acted = request.services.jobs.act(id, command, { idempotency: idempotencyOf(request) });
        data.push(
          await acted.then(
            ({ job }) => ({ id, state: job.state, error: null }),
            (error: unknown) => refusal(request, id, error),
          ),
        );
      }
      return { data, hasMore: chosen.hasMore };
    },
  });

  const refusal = async (request: FastifyRequest, id: string, error: unknown): Promise<BulkResult['data'][number]> => {
    const known = toScionError(error);
    if (known.status >= 500) throw error; // A part is away: that is about the request, not about this job
    const state = await request.services.jobs.get(id).then(
      (job) => job.state,
      () => null,
    );
    return { id, state, error: toProblem(known) };
  };
});
