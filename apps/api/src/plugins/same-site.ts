import { isLoopback, ScionError } from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import type { App } from '../app-instance.ts';

/**
 * Keeps web pages of others, open in a browser on this machine, from using a server that asks for no key: a page can send forms to
 * any address, and with a name that is made to resolve to 127.0.0.1 it could read the answers too.
 */
export function useSameSite(app: App, { requiresKey }: { requiresKey: boolean }): void {
  app.addHook('onRequest', async (request) => {
    const { host = '', origin } = request.headers;
    if (!requiresKey && !isLoopback(hostNameOf(host))) {
      throw new ScionError('forbidden', `Without keys the server answers at this machine's own names only, and not as ${host}`);
    }
    if (origin !== undefined && changesSomething(request) && hostOf(origin) !== host) {
      throw new ScionError('forbidden', `Pages of ${origin} may not change anything here`);
    }
  });
}

function changesSomething({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}

function hostNameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}
