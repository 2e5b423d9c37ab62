import { ApiKey, CreateApiKey, ListApiKeys, NewApiKey, pageOf, RotateApiKey, ScionError } from '@scion/schema';
import { z } from 'zod';
import { optionalBody } from '../optional-body.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { KeyParams } from './path-params.ts';

const tags = ['Access'];
const config = { access: 'admin' } as const;

export const keyRoutes = defineRoutes((app, { services }) => {
  app.route({
    method: 'POST',
    url: '/v1/keys',
    config: {
      ...config,
      exampleBody: { name: 'nightly sweeps', project: 'vision-team', scopes: ['read', 'submit'], expiresInDays: 90 },
    },
    schema: {
      tags,
      summary: 'Make an API key',
      description:
        'The answer holds the key, which cannot be shown again. Records of one project are not to be found with a key of another.',
      body: CreateApiKey,
      response: {
        201: NewApiKey.describe('Made. `Location` is its URL'),
        ...problemResponses('malformedJson', 'validationFailed', 'unsupportedMediaType'),
      },
    },
    handler: async (request, reply) => {
      const key = await services.keys.create(request.body);
      return reply.code(201).header('location', `/v1/keys/${key.id}`).header('cache-control', 'no-store').send(key);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/keys',
    config,
    schema: {
      tags,
      summary: 'List API keys, newest first',
      querystring: ListApiKeys,
      response: { 200: pageOf(ApiKey), ...problemResponses('validationFailed') },
    },
    handler: (request) => services.keys.list(request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/keys/current',
    config: { access: 'any' },
    schema: {
      tags,
      summary: 'Get the key that the request came with',
      response: { 200: ApiKey, ...problemResponses('notFound') },
    },
    handler: async ({ caller: { key } }) => {
      if (key === null) throw new ScionError('notFound', 'The request came without a key, which this server lets pass');
      return key;
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/keys/:id',
    config,
    schema: {
      tags,
      summary: 'Revoke an API key',
      description: 'It stays in the list, and opens nothing from now on.',
      params: KeyParams,
      response: { 204: z.undefined().describe('Revoked'), ...problemResponses('notFound') },
    },
    handler: async (request, reply) => {
      await services.keys.revoke(request.params.id);
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/keys/:id/rotate',
    preValidation: optionalBody,
    config,
    schema: {
      tags,
      summary: 'Replace an API key',
      description:
        'Makes a key with the same name, project, scopes and end. Both work until `graceMinutes` are over, then the new one alone.',
      params: KeyParams,
      body: RotateApiKey,
      response: {
        201: NewApiKey.describe('The new key. `Location` is its URL'),
        ...problemResponses('malformedJson', 'notFound', 'conflict', 'validationFailed', 'unsupportedMediaType'),
      },
    },
    handler: async (request, reply) => {
      const key = await services.keys.rotate(request.params.id, request.body);
      return reply.code(201).header('location', `/v1/keys/${key.id}`).header('cache-control', 'no-store').send(key);
    },
  });
});
