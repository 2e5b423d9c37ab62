import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { App } from '../app-instance.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The multipart form that a route reads as a stream, for the API description: Fastify itself does not validate it. */
    form?: z.ZodType;
  }
}

const description = `Training jobs for transfer learning: upload a data set, pretrain, finetune, follow the job, predict.

Every error is an RFC 9457 problem document (\`application/problem+json\`) with a \`code\` and a path for each wrong field.`;

/** The page sets styles of its own elements, and is served over plain HTTP like all the rest. */
const docsPolicy =
  "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; style-src 'self' 'unsafe-inline'";

/** Describes every route at \`/openapi.json\` (OpenAPI 3.1) and \`/docs\`. Call before adding routes. */
export async function useOpenApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Scion', version, description } },
    transform: (route) => {
      const transformed = jsonSchemaTransform(route);
      const form = route.route.config?.form;
      return form === undefined ? transformed : { ...transformed, schema: addForm(transformed.schema, form) };
    },
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy,
    uiConfig: { tryItOutEnabled: true, validatorUrl: null },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

/** The request body described as a form, beside the JSON body that the route may take as well. */
function addForm<Schema extends { body?: unknown }>(schema: Schema, form: z.ZodType): Schema {
  const { $schema: _, ...formSchema } = z.toJSONSchema(form, { io: 'input' });
  const json = schema.body === undefined ? {} : { 'application/json': { schema: schema.body } };
  return { ...schema, body: { content: { 'multipart/form-data': { schema: formSchema }, ...json } } };
}
