import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { App } from '../app-instance.ts';
import { dropUnusedSchemas } from './used-schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The multipart form that a route reads as a stream, for the API description: Fastify itself does not validate it. */
    form?: z.ZodType;
    /** Whether the body is bytes that the route reads as a stream. */
    bytes?: boolean;
    /** A JSON body that the route takes, for the API description. */
    exampleBody?: object;
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
      const { schema, url } = jsonSchemaTransform(route);
      return { schema: describeBody(schema, route.route.config ?? {}), url };
    },
    transformObject: (document) => dropUnusedSchemas(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: docsPolicy,
    uiConfig: { tryItOutEnabled: true, validatorUrl: null },
  });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

/** Adds what zod's description of the JSON body cannot say: an example, and the form or the bytes that the route takes instead of it, or beside it. */
function describeBody<Schema extends { body?: unknown }>(
  schema: Schema,
  { form, bytes = false, exampleBody }: { form?: z.ZodType; bytes?: boolean; exampleBody?: object },
): Schema {
  if (bytes)
    return { ...schema, body: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } } };
  // Wrapped, because whatever stands beside a `$ref` is dropped.
  const json = exampleBody === undefined ? schema.body : { allOf: [schema.body], examples: [exampleBody] };
  if (form === undefined) return { ...schema, body: json };
  const { $schema: _, ...formSchema } = z.toJSONSchema(form, { io: 'input' });
  const content = {
    'multipart/form-data': { schema: formSchema },
    ...(json === undefined ? {} : { 'application/json': { schema: json } }),
  };
  return { ...schema, body: { content } };
}
