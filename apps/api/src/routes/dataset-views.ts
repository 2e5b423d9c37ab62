import { artifactKeys, DatasetPreview, datasetFiles, PreviewFile, PreviewQuery, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accepts } from '../negotiation.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { DatasetParams } from './path-params.ts';

const tags = ['Data sets'];

/** What packing left beside the packed form for people to look at. */
export const datasetViewRoutes = defineRoutes((app, { store }) => {
  const requireReady = async (request: FastifyRequest, id: string) => {
    const { state } = await request.services.datasets.get(id);
    if (state !== 'ready') throw new ScionError('datasetNotReady', `The data set ${id} is ${state}, not ready`);
  };

  app.route({
    method: 'GET',
    url: '/v1/datasets/:id/preview',
    schema: {
      tags,
      summary: 'Look at examples of a data set',
      description:
        'Small pictures of up to 40 examples of each split, their labels, and how many examples each class has. ' +
        '`format=png`, or `Accept: image/png`, gives a contact sheet with one row for each class.',
      params: DatasetParams,
      querystring: PreviewQuery,
      response: {
        200: {
          description: 'The preview',
          content: {
            'application/json': { schema: DatasetPreview },
            'image/png': { schema: z.string().meta({ format: 'binary' }) },
          },
        },
        ...problemResponses('notFound', 'validationFailed', 'datasetNotReady'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await requireReady(request, id);
      const { format = acceptedFormat(request), split } = request.query;
      if (format === 'png') {
        return await sendView(reply, { store, id, file: datasetFiles.contactSheet, type: 'image/png' });
      }
      const bytes = await store.get(keyOf(id, datasetFiles.preview));
      if (bytes === null) throw noView(id);
      const { splits } = PreviewFile.parse(JSON.parse(new TextDecoder().decode(bytes)));
      if (split === undefined) return { dataset: id, splits };
      const wanted = splits.find((preview) => preview.split === split);
      const known = splits.map((preview) => preview.split).join(', ');
      if (!wanted) throw new ScionError('notFound', `The data set ${id} has no split ${JSON.stringify(split)}. It has ${known}`);
      return { dataset: id, splits: [wanted] };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/datasets/:id/splits',
    schema: {
      tags,
      summary: 'Download the exact splits of a data set',
      description: 'CSV with one row for each example: split, index in it, path and row inside the upload, label.',
      params: DatasetParams,
      response: {
        200: { description: 'The splits', content: { 'text/csv': { schema: z.string() } } },
        ...problemResponses('notFound', 'datasetNotReady'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await requireReady(request, id);
      return await sendView(reply, { store, id, file: datasetFiles.splits, type: 'text/csv; charset=utf-8' });
    },
  });
});

function acceptedFormat(request: FastifyRequest): 'json' | 'png' {
  return accepts(request, ['application/json', 'image/png']) === 'image/png' ? 'png' : 'json';
}

async function sendView(
  reply: FastifyReply,
  { store, id, file, type }: { store: ArtifactStore; id: string; file: string; type: string },
): Promise<FastifyReply> {
  const stream = await store.openRead(keyOf(id, file));
  if (stream === null) throw noView(id);
  return reply.type(type).send(stream);
}

function keyOf(datasetId: string, file: string): string {
  return `${artifactKeys.datasetPacked(datasetId)}/${file}`;
}

function noView(datasetId: string): ScionError {
  return new ScionError('notFound', `The files of the data set ${datasetId} do not include this one; add the data set again`);
}
