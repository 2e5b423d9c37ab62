import { ScionError } from '@scion/schema';
import type { App } from '../app-instance.ts';
import { sendProblem } from './problems.ts';

/** Answers requests that no route takes: 405 with `Allow` where the path has other methods, else 404. Call before adding routes. */
export function useNotFound(app: App): void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set();
    for (const name of [method].flat()) methods.add(name);
    methodsOf.set(url, methods);
  });

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...methodsOf].filter(([pattern]) => matchesPattern(path, pattern)).flatMap(([, methods]) => [...methods]);
    // A route that takes the method may still find nothing, as one that serves files does.
    if (allowed.length === 0 || allowed.includes(request.method)) {
      const error = new ScionError(
        'routeNotFound',
        `There is no route ${request.method} ${path}; /openapi.json lists those there are`,
      );
      sendProblem({ error, request, reply });
      return;
    }
    const allow = [...new Set(allowed)].sort().join(', ');
    void reply.header('allow', allow);
    sendProblem({ error: new ScionError('methodNotAllowed', `${path} answers ${allow}, not ${request.method}`), request, reply });
  });
}

/** Whether a path fits a route's pattern, such as `/v1/jobs/:id/cancel` or `/docs/*`. */
function matchesPattern(path: string, pattern: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.at(-1) === '*') {
    wanted.pop();
    given.length = Math.min(given.length, wanted.length);
  }
  return (
    wanted.length === given.length && wanted.every((part, i) => (part.startsWith(':') ? given[i] !== '' : part === given[i]))
  );
}
