import type { Socket } from 'node:net';
import { errorCatalogue, ScionError, toProblem } from '@scion/schema';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app-instance.ts';
import { toScionError } from './to-scion-error.ts';

/** Answers every error of a handler, hook or parser as `application/problem+json`. */
export function useProblems(app: App): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => sendProblem({ error, request, reply }));
}

/** Sends an error. What went wrong on our side is logged with its cause, and its message is kept from the client. */
export function sendProblem({ error, request, reply }: { error: unknown; request: FastifyRequest; reply: FastifyReply }): void {
  const known = toScionError(error);
  const isOurs = known.status >= 500;
  if (isOurs) request.log.error({ err: error, code: known.code }, 'request failed');
  else request.log.debug({ code: known.code, detail: known.message }, 'request refused');

  const shown =
    known.code === 'internal' ? new ScionError('internal', `Quote the request id ${request.id} to find it in the log`) : known;
  if (known.retriable && (known.status === 503 || known.status === 429)) void reply.header('retry-after', '2');
  void reply
    .code(known.status)
    .type('application/problem+json')
    .send(JSON.stringify(toProblem(shown)));
}

/** Answers what Node's HTTP parser refused, before there is a request: broken HTTP, headers too large, a client too slow. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(new ScionError('malformedRequest', `The request is not valid HTTP: ${error.message}`));
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${errorCatalogue.malformedRequest.status} Bad Request\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
