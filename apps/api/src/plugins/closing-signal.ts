import type { App } from '../app-instance.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Aborts when the server starts to close, before it waits for open requests: what runs without end must stop then. */
    closing: AbortSignal;
  }
}

export function useClosingSignal(app: App): void {
  const controller = new AbortController();
  app.decorate('closing', controller.signal);
  app.addHook('preClose', async () => controller.abort());
}
