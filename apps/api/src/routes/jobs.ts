import { createHash } from 'node:crypto';
import { Job, ListJobs, pageOf } from '@scion/schema';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { resolveJob } from '../submission/resolve-job.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const tags = ['Jobs'];

const SubmitHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe('Any text of your own. The same request sent again with it gives the job of the first time, not a second one'),
});

const exampleJob = {
  kind: 'finetune',
  name: 'digits, one label a class',
  from: { job: 'job_01k9m3v5t8x2r4w6y0abcdefgh' },
  dataset: { id: 'ds_01k9m3v5t8x2r4w6y0abcdefgh', split: 'train', labels: { perClass: 1, seed: 0 } },
  evaluate: { split: 'test' },
  method: { type: 'linear-probe' },
  training: { epochs: 10, batchSize: 100, seed: 0, optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9 } },
};

export const jobRoutes = defineRoutes((app, { services, catalogue, store, importer }) => {
  app.route({
    method: 'POST',
    url: '/v1/jobs',
    config: { exampleBody: exampleJob },
    schema: {
      tags,
      summary: 'Submit a job',
      description:
        '`GET /v1/methods` and `GET /v1/backbones` say what can be asked for. The answer has every default filled in; a job that ' +
        'cannot run is refused here and not later. `Idempotency-Replayed: true` marks the answer to a repeated `Idempotency-Key`.',
      headers: SubmitHeaders,
      body: catalogue.CreateJob,
      response: {
        201: Job.describe('Accepted: it will end, whatever happens to the server. `Location` is its URL'),
        ...problemResponses(
          'malformedJson',
          'validationFailed',
          'specInvalid',
          'shapeMismatch',
          'idempotencyKeyReused',
          'datasetNotReady',
          'dependencyFailed',
          'weightsInvalid',
          'sourceForbidden',
          'sourceUnavailable',
          'bodyTooLarge',
          'unsupportedMediaType',
        ),
      },
    },
    handler: async (request, reply) => {
      const spec = await resolveJob({ job: request.body, services, catalogue, store, importer });
      const key = request.headers['idempotency-key'];
      const idempotency = key === undefined ? undefined : { key, bodyHash: hashBody(request.body) };
      const { job, replayed } = await services.jobs.submit({ spec, idempotency });
      if (replayed) void reply.header('idempotency-replayed', 'true');
      return reply.code(201).header('location', `/v1/jobs/${job.id}`).send(job);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/jobs',
    schema: {
      tags,
      summary: 'List jobs, newest first',
      querystring: ListJobs,
      response: { 200: pageOf(Job), ...problemResponses('validationFailed') },
    },
    handler: (request) => services.jobs.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/jobs/:id',
    config: { etag: true },
    schema: {
      tags,
      summary: 'Get a job',
      description: 'Poll it with `If-None-Match`: an unchanged one answers 304.',
      params: JobParams,
      response: { 200: Job, ...problemResponses('notFound') },
    },
    handler: (request) => services.jobs.get(request.params.id),
  });

  app.route({
    method: 'POST',
    url: '/v1/jobs/:id/cancel',
    schema: {
      tags,
      summary: 'Cancel a job',
      description: 'A job that waits is cancelled at once, a running one within a step. Takes no body.',
      params: JobParams,
      response: { 200: Job, ...problemResponses('notFound', 'conflict') },
    },
    handler: (request) => services.jobs.requestCancel(request.params.id),
  });
});

/** Of the body as parsed, so that spaces and defaults written out do not make another request. */
function hashBody(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}
