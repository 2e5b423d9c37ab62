import { Readable } from 'node:stream';
import { artifactKeys, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const LogsQuery = z.strictObject({
  attempt: z.coerce.number().int().min(1).optional().describe('One attempt; left out, all of them, one after the other'),
});

export const jobLogRoutes = defineRoutes((app, { store }) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/logs',
    schema: {
      tags: ['Jobs'],
      summary: 'Get what the trainer printed',
      params: JobParams,
      querystring: LogsQuery,
      response: {
        200: { description: 'The log so far', content: { 'text/plain': { schema: z.string() } } },
        ...problemResponses('notFound', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { attempt } = request.query;
      const job = await request.services.jobs.get(id);
      if (attempt !== undefined && attempt > job.attempt) {
        throw new ScionError('notFound', `The job ${id} has had ${job.attempt} attempts; there is no number ${attempt}`);
      }
      const attempts = attempt === undefined ? Array.from({ length: job.attempt }, (_, i) => i + 1) : [attempt];
      const log = readLogs({ store, jobId: id, attempts });
      return reply.type('text/plain; charset=utf-8').send(Readable.from(log) as unknown as string);
    },
  });
});

async function* readLogs({ store, jobId, attempts }: { store: ArtifactStore; jobId: string; attempts: readonly number[] }) {
  for (const attempt of attempts) {
    if (attempts.length > 1) yield `--- attempt ${attempt} ---\n`;
    const log = await store.openRead(artifactKeys.jobLog(jobId, attempt));
    if (log !== null) yield* log;
  }
}
