import { randomUUID } from 'node:crypto';
import Fastify, { LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AppDependencies } from './app-dependencies.ts';
import type { App } from './app-instance.ts';
import { useClosingSignal } from './plugins/closing-signal.ts';
import { useConnectionClosing } from './plugins/connection-closing.ts';
import { useDashboard } from './plugins/dashboard.ts';
import { useEtags } from './plugins/etag.ts';
import { useJsonBodies } from './plugins/json-body.ts';
import { useNotFound } from './plugins/not-found.ts';
import { useOpenApi } from './plugins/openapi.ts';
import { answerClientError, sendProblem, useProblems } from './plugins/problems.ts';
import { usePrometheus } from './plugins/prometheus.ts';
import { useRequestLog } from './plugins/request-log.ts';
import { useSecurityHeaders } from './plugins/security-headers.ts';
import { useZodSchemas } from './plugins/zod-schemas.ts';
import { routes } from './routes/index.ts';

const jsonBodyLimit = 256 * 1024;

/** Builds the API without listening. Closing it ends open event streams; what it was given is the caller's to close. */
export async function createApp(dependencies: AppDependencies): Promise<App> {
  const app: App = Fastify({
    loggerInstance: dependencies.log,
    // `useRequestLog` writes one line a request instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: jsonBodyLimit,
    frameworkErrors: (error, request, reply) => sendProblem({ error, request, reply }),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<ZodTypeProvider>();

  useZodSchemas(app);
  useProblems(app);
  useRequestLog(app);
  useJsonBodies(app);
  useEtags(app);
  useNotFound(app);
  useClosingSignal(app);
  useConnectionClosing(app);
  await useSecurityHeaders(app);
  await useOpenApi(app, dependencies.version);
  usePrometheus(app, dependencies.services);
  if (dependencies.dashboardDir !== undefined) await useDashboard(app, dependencies.dashboardDir);
  for (const addRoutes of routes) {
    await app.register(async (scope) => addRoutes(scope.withTypeProvider<ZodTypeProvider>(), dependencies));
  }
  return app;
}
