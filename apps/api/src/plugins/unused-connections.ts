import type { Socket } from 'node:net';
import type { App } from '../app-instance.ts';

/**
 * Closes, with the server, the connections on which no request ever came. Browsers and `fetch` open them ahead of need, and Node
 * does not count them as idle: one of them would hold up the end of the server for a minute.
 */
export function useUnusedConnections(app: App): void {
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
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of unused) socket.destroy();
  });
}
