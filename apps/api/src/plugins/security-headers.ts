import helmet from '@fastify/helmet';
import type { App } from '../app-instance.ts';

/**
 * Headers that keep browsers from doing what neither the dashboard nor the docs need. Those that only mean something over TLS are left
 * out (and browsers complain of one of them): the server speaks plain HTTP, and a proxy that adds TLS adds them, too.
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
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: false,
  });
}
