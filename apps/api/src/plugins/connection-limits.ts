import type { Socket } from 'node:net';
import { isLoopback } from '@scion/schema';
import type { App } from '../app-instance.ts';
import type { ServerLimits } from '../limits/server-limits.ts';

/** Takes so many connections and no more, in all and of one address; this machine's own addresses count in all only. */
export function useConnectionLimits(app: App, { connections }: ServerLimits): void {
  const { inAll, perAddress } = connections;
  app.server.maxConnections = inAll;
  if (perAddress === null) return;
  const open = new Map<string, number>();
  app.server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isLoopback(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > perAddress) socket.destroy();
  });
}
