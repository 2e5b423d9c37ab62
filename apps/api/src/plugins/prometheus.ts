import type { Services } from '@scion/jobs';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import type { App } from '../app-instance.ts';

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Measures what goes through `app`. What is returned adds the route that tells it to a scope of the app: `GET /metrics` in Prometheus' text
 * format, with the process, requests by route, jobs by state, workers and their slots.
 */
export function usePrometheus(app: App, services: Pick<Services, 'queueStatus'>): (scope: App) => void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureRequests(app, registry);
  const readQueue = queueGauges(registry, services);

  return (scope) =>
    scope.route({
      method: 'GET',
      url: '/metrics',
      schema: {
        tags: ['Server'],
        summary: 'Get measurements for Prometheus',
        response: { 200: { description: "Prometheus' text format", content: { 'text/plain': { schema: z.string() } } } },
      },
      handler: async (_request, reply) => {
        await readQueue();
        return await reply
          .type(registry.contentType)
          .header('cache-control', 'no-store')
          .send(await registry.metrics());
      },
    });
}

/** By the route's pattern and never by the path that was asked for, of which there is no end. */
function measureRequests(app: App, registry: Registry): void {
  const labelNames = ['method', 'route', 'status'] as const;
  const registers = [registry];
  const duration = new Histogram({
    name: 'scion_http_request_duration_seconds',
    help: 'Time to the end of each answer; of streams and held polls that is their whole length',
    labelNames,
    buckets,
    registers,
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    duration.observe({ method, route: routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

function queueGauges(registry: Registry, services: Pick<Services, 'queueStatus'>): () => Promise<void> {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const jobs = new Gauge({ name: 'scion_jobs', help: 'Jobs in each state', labelNames: ['state'] as const, registers });
  const workers = gauge('scion_workers', 'Workers that are alive');
  const slots = gauge('scion_slots', 'Attempts that those workers can run at once');
  const busySlots = gauge('scion_slots_busy', 'Attempts that they run now');
  return async () => {
    const status = await services.queueStatus();
    for (const [state, count] of Object.entries(status.jobs)) jobs.set({ state }, count);
    workers.set(status.workers);
    slots.set(status.slots);
    busySlots.set(status.busySlots);
  };
}
