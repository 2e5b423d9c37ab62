import type { Socket } from 'node:net';
import type { App } from '../app-instance.ts';

/**
 * Closes connections with the server that Node leaves open, for over a minute each: those on which no request ever came (browsers
 * and `fetch` open them ahead of need), and those that become idle after the close began, when an answer in flight has been sent.
 */
export function useConnectionClosing(app: App): void {
  const unused = new Set<Socket>();
  let isClosing = false;

  app.server.on('connection', (socket: Socket) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', (request) => unused.delete(request.socket));
  app.addHook('onResponse', async () => {
    // The connection counts as idle once the handlers of this answer's end have run.
    if (isClosing) setImmediate(() => app.server.closeIdleConnections());
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of unused) socket.destroy();
  });
}
