import staticFiles from '@fastify/static';
import type { App } from '../app-instance.ts';

/** Serves the built dashboard under `/dashboard/`, and leads the way there from `/`. */
export async function useDashboard(app: App, folder: string): Promise<void> {
  await app.register(staticFiles, {
    root: folder,
    prefix: '/dashboard/',
    decorateReply: false,
    // Vite puts a hash of the content into the names under assets/, so those never change.
    setHeaders: (reply, path) => {
      const isHashed = path.includes('/assets/');
      void reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
    cacheControl: false,
  });
  for (const url of ['/', '/dashboard']) {
    app.get(url, { schema: { hide: true } }, (_request, reply) => reply.redirect('/dashboard/'));
  }
}
