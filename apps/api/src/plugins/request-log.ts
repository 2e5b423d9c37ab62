import type { App } from '../app-instance.ts';

/** One line a request, with its id, which the answer carries too. Successful reads (polls) are logged at `debug` only. */
export function useRequestLog(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const isQuiet = reply.statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD');
    request.log[isQuiet ? 'debug' : 'info'](
      {
        method: request.method,
        // Without the query: whoever puts a secret there by mistake does not find it in the log.
        path: request.url.split('?', 1)[0],
        key: request.caller?.key?.id,
        statusCode: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime),
      },
      'request answered',
    );
  });
}
