import { ScionError, validationError } from '@scion/schema';
import type { FastifySchemaCompiler } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { App } from '../app-instance.ts';

/** Validates every part of a request with its route's zod schema, and checks every answer before it leaves. */
export function useZodSchemas(app: App): void {
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(serializerCompiler);
}

const compileValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return (input) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return { value: parsed.data };
    const error = validationError(parsed.error, partNames[httpPart ?? 'body'] ?? 'body');
    // A path with a malformed id names a record that cannot exist.
    return { error: httpPart === 'params' ? new ScionError('notFound', error.message, { details: error.details }) : error };
  };
};

const partNames: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', headers: 'headers' };
