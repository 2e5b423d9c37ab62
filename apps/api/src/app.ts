import { randomUUID } from 'node:crypto';
import Fastify, { LogController } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AppDependencies } from './app-dependencies.ts';
import type { App } from './app-instance.ts';
import { useAudit } from './plugins/audit.ts';
import { useAuthentication } from './plugins/authentication.ts';
import { useClosingSignal } from './plugins/closing-signal.ts';
import { useConnectionClosing } from './plugins/connection-closing.ts';
import { useConnectionLimits } from './plugins/connection-limits.ts';
import { useDashboard } from './plugins/dashboard.ts';
import { useEtags } from './plugins/etag.ts';
import { useJsonBodies } from './plugins/json-body.ts';
import { useNotFound } from './plugins/not-found.ts';
import { useOpenApi } from './plugins/openapi.ts';
import { answerClientError, sendProblem, useProblems } from './plugins/problems.ts';
import { usePrometheus } from './plugins/prometheus.ts';
import { useConcurrencyLimits, useRateLimits } from './plugins/rate-limits.ts';
import { useRequestLog } from './plugins/request-log.ts';
import { useSameSite } from './plugins/same-site.ts';
import { useSecurityHeaders } from './plugins/security-headers.ts';
import { useSlowBodies } from './plugins/slow-bodies.ts';
import { useZodSchemas } from './plugins/zod-schemas.ts';
import type { Routes } from './routes/define-routes.ts';
import { publicRoutes, routes } from './routes/index.ts';

/** Builds the API without listening. Closing it ends open event streams; what it was given is the caller's to close. */
export async function createApp(dependencies: AppDependencies): Promise<App> {
  const { limits } = dependencies;
  const app: App = Fastify({
    loggerInstance: dependencies.log,
    // `useRequestLog` writes one line a request instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    keepAliveTimeout: limits.keepAliveMs,
    // A body may take longer, as long as it comes: `useSlowBodies` sees to that.
    requestTimeout: 0,
    http: {
      headersTimeout: limits.headersWithinMs,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: limits.headersWithinMs / 10,
    },
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
  useConnectionLimits(app, limits);
  useSameSite(app, limits);
  useSlowBodies(app, limits);
  await useSecurityHeaders(app);
  await useOpenApi(app, dependencies.version);
  const addMeasurements = usePrometheus(app, dependencies.services);
  if (dependencies.dashboardDir !== undefined) await useDashboard(app, dependencies.dashboardDir);
  await addAll(app, publicRoutes, dependencies);
  await app.register(async (scope) => {
    const guarded = scope.withTypeProvider<ZodTypeProvider>();
    await useRateLimits(guarded, limits);
    useAuthentication(guarded, dependencies);
    useConcurrencyLimits(guarded, limits);
    useAudit(guarded, dependencies.services);
    addMeasurements(guarded);
    await addAll(guarded, routes, dependencies);
  });
  return app;
}

async function addAll(app: App, added: readonly Routes[], dependencies: AppDependencies): Promise<void> {
  for (const addRoutes of added) {
    await app.register(async (scope) => addRoutes(scope.withTypeProvider<ZodTypeProvider>(), dependencies));
  }
}
