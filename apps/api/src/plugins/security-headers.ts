import helmet from '@fastify/helmet';
import type { App } from '../app-instance.ts';

/**
 * Headers that keep browsers from doing what neither the dashboard nor the docs need. There is no `upgrade-insecure-requests` and no
 * HSTS: the server speaks plain HTTP, and a proxy that adds TLS adds those, too.
 */
export async function useSecurityHeaders(app: App): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: false,
    strictTransportSecurity: false,
  });
}
