import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';

/** What happens to what passes: `mute` lets requests through and holds the answers back, `slow` holds every piece for a while. */
export type ProxyMode = 'open' | 'mute' | 'slow' | 'refusing';

export type TcpProxy = {
  port: number;
  /** Breaks every connection, in the middle of whatever passes. */
  cut(): void;
  setMode(mode: ProxyMode): void;
  close(): Promise<void>;
};

const slowMs = 40;

/** Stands between a client and a server on this machine. */
export async function startTcpProxy(upstreamPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let mode: ProxyMode = 'open';
  /** Let go of what is held back. */
  const held = new Set<() => void>();

  const track = (socket: Socket, other: () => Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      sockets.delete(socket);
      other().destroy();
    });
  };
  const passOn = (from: Socket, to: Socket, isAnswer: boolean) => {
    from.on('data', (chunk: Buffer) => {
      const isHeld = mode === 'slow' || (mode === 'mute' && isAnswer);
      if (!isHeld) return void to.write(chunk);
      from.pause();
      const go = () => {
        to.write(chunk);
        from.resume();
      };
      if (mode === 'slow') setTimeout(go, slowMs);
      else held.add(go);
    });
  };
  const server = createServer((client) => {
    if (mode === 'refusing') return void client.destroy();
    const upstream: Socket = createConnection({ host: '127.0.0.1', port: upstreamPort });
    track(client, () => upstream);
    track(upstream, () => client);
    passOn(client, upstream, false);
    passOn(upstream, client, true);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');

  const release = () => {
    for (const go of held) go();
    held.clear();
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    setMode(next) {
      mode = next;
      if (next !== 'mute') release();
    },
    async close() {
      server.close();
      release();
      cut();
      await once(server, 'close');
    },
  };
}
