import type { JobCommand } from '@scion/jobs';
import { ExtendJob, Job, RetryJob } from '@scion/schema';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IdempotencyHeaders, idempotencyOf, markReplayed } from '../idempotency-key.ts';
import { optionalBody } from '../optional-body.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const tags = ['Jobs'];

/** Those that take nothing but the job. */
const plainActions = [
  {
    action: 'pause',
    summary: 'Pause a job',
    description: 'A running one saves a checkpoint after its current step and frees its slot; one that waits leaves the line.',
  },
  {
    action: 'resume',
    summary: 'Resume a paused job',
    description: 'It goes on from its newest checkpoint and ends with the same bits as if it had not been paused.',
  },
  {
    action: 'stop',
    summary: 'Stop a job and keep what it has trained',
    description:
      'Ends it now as succeeded, with a model of its newest parameters; `result.stoppedAt` says where. One that does not run needs a ' +
      'checkpoint, of which a worker makes the model.',
  },
  {
    action: 'cancel',
    summary: 'Cancel a job',
    description:
      'A job that waits is cancelled at once, a running one within a step. Its checkpoints stay, so `retry` can go on from them.',
  },
] as const;

export const jobActionRoutes = defineRoutes((app) => {
  type Request = Parameters<typeof idempotencyOf>[0] & Pick<FastifyRequest, 'services'> & { params: { id: string } };
  const act = async (request: Request, reply: FastifyReply, command: JobCommand): Promise<Job> => {
    const { job, replayed } = await request.services.jobs.act(request.params.id, command, {
      idempotency: idempotencyOf(request),
    });
    markReplayed(reply, replayed);
    return job;
  };

  for (const { action, summary, description } of plainActions) {
    app.route({
      method: 'POST',
      url: `/v1/jobs/:id/${action}`,
      schema: {
        tags,
        summary,
        description: `${description} Takes no body.`,
        params: JobParams,
        headers: IdempotencyHeaders,
        response: { 200: Job, ...problemResponses('notFound', 'conflict', 'idempotencyKeyReused') },
      },
      handler: (request, reply) => act(request, reply, { action }),
    });
  }

  app.route({
    method: 'POST',
    url: '/v1/jobs/:id/retry',
    preValidation: optionalBody,
    schema: {
      tags,
      summary: 'Retry a job that failed or was cancelled',
      description: 'Its attempts and events go on; nothing that happened before is held against it. The body may be left out.',
      params: JobParams,
      headers: IdempotencyHeaders,
      body: RetryJob,
      response: {
        200: Job,
        ...problemResponses(
          'malformedJson',
          'notFound',
          'conflict',
          'dependencyFailed',
          'datasetNotReady',
          'validationFailed',
          'idempotencyKeyReused',
          'unsupportedMediaType',
        ),
      },
    },
    handler: (request, reply) => act(request, reply, { action: 'retry', from: request.body.from }),
  });

  app.route({
    method: 'POST',
    url: '/v1/jobs/:id/extend',
    config: { exampleBody: { training: { epochs: 20 } } },
    schema: {
      tags,
      summary: 'Train a job that has succeeded for longer',
      description:
        'It goes on from its newest checkpoint; the learning rate follows the schedule of the new length, and metrics of steps after ' +
        'that checkpoint are dropped. A second model comes of it; the first one stays.',
      params: JobParams,
      headers: IdempotencyHeaders,
      body: ExtendJob,
      response: {
        200: Job,
        ...problemResponses(
          'malformedJson',
          'notFound',
          'conflict',
          'datasetNotReady',
          'validationFailed',
          'idempotencyKeyReused',
          'unsupportedMediaType',
        ),
      },
    },
    handler: (request, reply) => act(request, reply, { action: 'extend', epochs: request.body.training.epochs }),
  });
});
