import { artifactKeys, JobArtifact, JobArtifactName, PageQuery, pageOf } from '@scion/schema';
import { z } from 'zod';
import { problemResponses } from '../problem-responses.ts';
import { sendStoredFile } from '../send-stored-file.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const tags = ['Jobs'];
const ArtifactParams = JobParams.extend({ name: JobArtifactName });
const binary = { schema: z.unknown().meta({ type: 'string', format: 'binary' }) };

export const jobArtifactRoutes = defineRoutes((app, { store }) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/artifacts',
    schema: {
      tags,
      summary: 'List what there is to look at of a job: maps of features, sheets of images; those of the latest step first',
      params: JobParams,
      querystring: PageQuery,
      response: { 200: pageOf(JobArtifact), ...problemResponses('notFound', 'validationFailed') },
    },
    handler: (request) => request.services.artifacts.listOfJob(request.params.id, request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/artifacts/:name',
    schema: {
      tags,
      summary: 'Download an artifact of a job',
      params: ArtifactParams,
      response: {
        200: {
          description: 'The file. `ETag` is its SHA-256',
          content: { 'application/json': binary, 'image/png': binary },
        },
        ...problemResponses('notFound', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      const { id, name } = request.params;
      const { sha256, mediaType } = await request.services.artifacts.get(id, name);
      const file = { key: artifactKeys.jobArtifact(id, name), sha256, mediaType, fileName: name };
      return await sendStoredFile({ request, reply, store, file });
    },
  });
});
