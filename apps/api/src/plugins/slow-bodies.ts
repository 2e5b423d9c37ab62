import type { IncomingMessage } from 'node:http';
import { ScionError } from '@scion/schema';
import type { App } from '../app-instance.ts';
import type { ServerLimits } from '../limits/server-limits.ts';
import { answerOnSocket } from './problems.ts';

const looks = 10;

/**
 * Ends requests whose bodies come too slowly: so a body of any size may take its time, and one that trickles holds its connection no
 * longer than a fast one would. (That headers come in time is for Node to see to.)
 */
export function useSlowBodies(app: App, { slowBody }: ServerLimits): void {
  app.addHook('onRequest', async ({ raw }) => {
    if (hasBody(raw)) watch(raw, slowBody);
  });
}

function watch(request: IncomingMessage, { afterMs, bytesPerSecond }: ServerLimits['slowBody']): void {
  const { socket } = request;
  const startedMs = performance.now();
  const before = socket.bytesRead;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    if (request.complete || elapsedMs < afterMs) return;
    if (socket.bytesRead - before >= ((elapsedMs - afterMs) / 1000) * bytesPerSecond && socket.bytesRead > before) return;
    clearInterval(timer);
    answerOnSocket(socket, new ScionError('requestTimeout', `The body comes at less than ${bytesPerSecond} bytes a second`));
  }, afterMs / looks);
  timer.unref();
  for (const event of ['end', 'close'] as const) request.once(event, () => clearInterval(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
