import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** What becomes of a request: how often, in a hundred. The rest is passed on unharmed. */
export type Faults = {
  /** The server is overloaded, and says so. */
  refused: number;
  /** The connection breaks before the request gets through. */
  lost: number;
  /** The request is carried out, but its answer never arrives. */
  unanswered: number;
  /** The request is carried out, and answered after the client has given up. */
  late: number;
  /** The connection breaks in the middle of the answer. */
  cut: number;
};

export type FlakyProxy = {
  port: number;
  /** How many requests met each fate so far. */
  readonly met: Record<keyof Faults | 'unharmed', number>;
  close(): Promise<void>;
};

/** Stands between a client and a server on this machine and harms what passes. The same seed harms the same requests in number. */
export async function startFlakyProxy(options: {
  upstreamPort: number;
  faults: Faults;
  /** Longer than the client waits. */
  lateMs: number;
  seed: number;
}): Promise<FlakyProxy> {
  const { upstreamPort, faults, lateMs, seed } = options;
  const met = { refused: 0, lost: 0, unanswered: 0, late: 0, cut: 0, unharmed: 0 };
  const random = randomNumbers(seed);
  const draw = (): keyof typeof met => {
    let left = random() * 100;
    for (const [fault, percent] of Object.entries(faults) as [keyof Faults, number][]) {
      left -= percent;
      if (left < 0) return fault;
    }
    return 'unharmed';
  };
  const server = createServer((incoming, outgoing) => {
    const fate = draw();
    met[fate]++;
    incoming.on('error', () => undefined);
    outgoing.on('error', () => undefined);
    if (fate === 'lost') incoming.socket.destroy();
    else if (fate === 'refused') refuse(incoming, outgoing);
    else {
      const forwarded = forward(incoming, upstreamPort);
      forwarded.once('error', () => incoming.socket.destroy());
      forwarded.once('response', (answer: IncomingMessage) => {
        if (fate === 'unharmed') passOn(answer, outgoing);
        else if (fate === 'cut') void cutShort(answer, outgoing);
        else if (fate === 'late') setTimeout(() => passOn(answer, outgoing), lateMs).unref();
        else answer.resume().once('end', () => incoming.socket.destroy());
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port');
  return {
    port: address.port,
    met,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As it came, its host too: the signature of a request covers that. Where the client goes away in the middle, the server sees it go. */
function forward(incoming: IncomingMessage, port: number): ClientRequest {
  const { method, url: path, rawHeaders: headers } = incoming;
  const forwarded = request({ host: '127.0.0.1', port, method, path, headers, agent: false, setHost: false });
  incoming.once('close', () => {
    if (!incoming.complete) forwarded.destroy();
  });
  return incoming.pipe(forwarded);
}

function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(outgoing);
}

async function cutShort(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = Buffer.concat(await answer.toArray());
  outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.socket?.destroy());
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming.resume();
  outgoing.writeHead(503, { 'content-type': 'application/xml' });
  outgoing.end('<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>');
}

/** A small generator of numbers in [0, 1) (xorshift). */
function randomNumbers(seed: number): () => number {
  let state = (seed * 2654435761 + 1) | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
