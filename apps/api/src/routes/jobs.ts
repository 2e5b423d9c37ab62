import type { Idempotency } from '@scion/jobs';
import { CreateJobChain, isTerminal, Job, JobList, ListJobs, pageOf, ScionError } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { awaitChange } from '../events/await-change.ts';
import { closeSignal } from '../events/close-signal.ts';
import { IdempotencyHeaders, idempotencyOf, markReplayed } from '../idempotency-key.ts';
import { optionalBody } from '../optional-body.ts';
import { etagOf, hasEtag } from '../plugins/etag.ts';
import { problemResponses } from '../problem-responses.ts';
import { mergePatch } from '../submission/merge-patch.ts';
import { parseJob } from '../submission/parse-job.ts';
import { resolveChain } from '../submission/resolve-chain.ts';
import { resolveJob } from '../submission/resolve-job.ts';
import { submitOnce } from '../submission/submit-once.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const tags = ['Jobs'];

const exampleJob = {
  kind: 'finetune',
  name: 'digits, one label a class',
  from: { job: 'job_01k9m3v5t8x2r4w6y0abcdefgh' },
  dataset: { id: 'ds_01k9m3v5t8x2r4w6y0abcdefgh', split: 'train', labels: { perClass: 1, seed: 0 } },
  evaluate: { split: 'test' },
  method: { type: 'linear-probe' },
  training: { epochs: 10, batchSize: 100, seed: 0, optimizer: { type: 'sgd', learningRate: 0.01, momentum: 0.9 } },
};

const WaitQuery = z.strictObject({
  wait: z.coerce.number().min(0).max(60).default(0).describe('Seconds to wait for a change, up to 60'),
});

const WaitHeaders = z.looseObject({
  'if-none-match': z.string().optional().describe('The `ETag` of the answer that is known already'),
});

type Resolve = Parameters<typeof submitOnce>[0]['resolve'];

export const jobRoutes = defineRoutes((app, dependencies) => {
  const { catalogue } = dependencies;

  const submitJob = async ({ services }: FastifyRequest, job: CreateJob, idempotency: Idempotency | undefined) => {
    const resolve: Resolve = async (importSource) => [{ spec: await resolveJob({ job, services, catalogue, importSource }) }];
    const { jobs, replayed } = await submitOnce({ idempotency, resolve }, { ...dependencies, services });
    const [submitted] = jobs;
    if (!submitted) throw new ScionError('internal', 'A job was submitted and is not there');
    return { job: submitted, replayed };
  };

  app.route({
    method: 'POST',
    url: '/v1/jobs',
    config: { exampleBody: exampleJob },
    schema: {
      tags,
      summary: 'Submit a job',
      description:
        '`GET /v1/methods` and `GET /v1/backbones` say what can be asked for. The answer has every default filled in; a job that ' +
        'cannot run is refused here and not later. `Idempotency-Replayed: true` marks the answer to a repeated `Idempotency-Key`. ' +
        'A body of the kind `chain` submits several jobs that build on each other: all are accepted, or none.',
      headers: IdempotencyHeaders,
      body: z.discriminatedUnion('kind', [catalogue.CreateJob, CreateJobChain]),
      response: {
        201: z
          .union([Job, JobList])
          .describe(
            'Accepted: it will end, whatever happens to the server. `Location` is its URL. A chain is answered with all its jobs',
          ),
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
      const { body } = request;
      const idempotency = idempotencyOf(request);
      if (body.kind === 'chain') {
        const { services } = request;
        const resolve: Resolve = (importSource) => resolveChain(body, { services, catalogue, importSource });
        const { jobs, replayed } = await submitOnce({ idempotency, resolve }, { ...dependencies, services });
        markReplayed(reply, replayed);
        return reply.code(201).send({ data: jobs });
      }
      const { job, replayed } = await submitJob(request, body, idempotency);
      markReplayed(reply, replayed);
      return reply.code(201).header('location', `/v1/jobs/${job.id}`).send(job);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/jobs/:id/clone',
    preValidation: optionalBody,
    config: { exampleBody: { name: 'the same, slower', training: { optimizer: { learningRate: 0.001 } } } },
    schema: {
      tags,
      summary: 'Submit a job once more, with changes',
      description:
        'The body is a JSON merge patch (RFC 7396) of the request that would make the job as it was resolved: objects are merged, null ' +
        'removes a field (so that its default counts), everything else replaces. The body may be left out.',
      params: JobParams,
      headers: IdempotencyHeaders,
      body: z.record(z.string(), z.unknown()),
      response: {
        201: Job.describe('A new job; `Location` is its URL'),
        ...problemResponses(
          'malformedJson',
          'notFound',
          'validationFailed',
          'specInvalid',
          'shapeMismatch',
          'idempotencyKeyReused',
          'datasetNotReady',
          'dependencyFailed',
          'bodyTooLarge',
          'unsupportedMediaType',
        ),
      },
    },
    handler: async (request, reply) => {
      const original = await request.services.jobs.get(request.params.id);
      const job = parseJob(mergePatch(catalogue.toJobRequest(original.spec), request.body), catalogue);
      const idempotency = idempotencyOf({ headers: request.headers, body: { clone: original.id, patch: request.body } });
      const clone = await submitJob(request, job, idempotency);
      markReplayed(reply, clone.replayed);
      return reply.code(201).header('location', `/v1/jobs/${clone.job.id}`).send(clone.job);
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
    handler: (request) => request.services.jobs.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/jobs/:id',
    config: { etag: true },
    schema: {
      tags,
      summary: 'Get a job',
      description:
        'Poll it with `If-None-Match`: an unchanged one answers 304. With `wait` the answer comes as soon as the job is not the one that ' +
        '`If-None-Match` names (without that header: as soon as it changes), or after so many seconds. A job that has ended is answered at once.',
      params: JobParams,
      querystring: WaitQuery,
      headers: WaitHeaders,
      response: { 200: Job, ...problemResponses('notFound', 'validationFailed') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { services } = request;
      const read = () => services.jobs.get(id);
      const { wait } = request.query;
      if (wait === 0) return await read();
      const sent = (job: Job) => etagOf(String(reply.serialize(job)));
      const known = request.headers['if-none-match'] ?? sent(await read());
      return await awaitChange({
        read,
        isKnown: (job) => !isTerminal(job.state) && hasEtag(known, sent(job)),
        onChange: (listener) => services.jobs.onJobChange(id, listener),
        waitMs: wait * 1000,
        signal: AbortSignal.any([app.closing, closeSignal(reply.raw)]),
      });
    },
  });
});
