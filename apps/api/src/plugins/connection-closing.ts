import type { Socket } from 'node:net';
import type { App } from '../app-instance.ts';

/**
 * Closes connections with the server that Node leaves open, for over a minute each: those on which no request ever came (browsers
 * and `fetch` open them ahead of need), and those that become idle after the close began, when a request in flight has ended.
 */
export function useConnectionClosing(app: App): void {
  const unused = new Set<Socket>();
  let isClosing = false;

  // A connection counts as idle once the handlers of that end have run.
  const closeIfIdle = () => {
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
  };

  app.server.on('connection', (socket: Socket) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', (request, response) => {
    unused.delete(request.socket);
    // Either may end last: a refused upload is answered before it has all come.
    request.once('close', closeIfIdle);
    response.once('close', closeIfIdle);
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of unused) socket.destroy();
  });
}
