import type { FastifyRequest } from 'fastify';

/** A `preValidation` hook for routes whose body may be left out: none counts as an empty object. */
export async function optionalBody(request: FastifyRequest): Promise<void> {
  request.body ??= {};
}
