import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorCatalogue, ScionError, toProblem } from '@scion/schema';
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
  if (known.retriable && (known.status === 503 || known.status === 429) && !reply.hasHeader('retry-after'))
    void reply.header('retry-after', '2');
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
  const code = parserErrors[error.code ?? ''] ?? 'malformedRequest';
  answerOnSocket(socket, new ScionError(code, `${errorCatalogue[code].title}: ${error.message}`));
}

/** What Node's parser calls a client that is too slow, or sends too many headers. */
const parserErrors: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'requestTimeout',
  HPE_HEADER_OVERFLOW: 'headersTooLarge',
};

/** Answers where there is no reply to answer with, and closes the connection: nothing that still comes is read. */
export function answerOnSocket(socket: Socket, error: ScionError): void {
  const body = JSON.stringify(toProblem(error));
  const head = `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\ncontent-type: application/problem+json`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
}
