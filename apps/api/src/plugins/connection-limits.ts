import type { Socket } from 'node:net';
import { isLoopback } from '@scion/schema';
import type { App } from '../app-instance.ts';
import { createOpenCount } from '../limits/open-count.ts';
import type { ServerLimits } from '../limits/server-limits.ts';

/** Takes so many connections and no more, in all and of one address; this machine's own addresses count in all only. */
export function useConnectionLimits(app: App, { connections }: ServerLimits): void {
  const { inAll, perAddress } = connections;
  app.server.maxConnections = inAll;
  if (perAddress === null) return;
  const open = createOpenCount();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isLoopback(address)) return;
    open.hold(address, socket);
    if (open.of(address) > perAddress) socket.destroy();
  });
}
