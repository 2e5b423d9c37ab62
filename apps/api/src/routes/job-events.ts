import { Readable } from 'node:stream';
import { isTerminal, JobEvent, ListEvents, pageOf } from '@scion/schema';
import { z } from 'zod';
import { closeSignal } from '../events/close-signal.ts';
import { streamJobEvents } from '../events/event-stream.ts';
import { accepts } from '../negotiation.ts';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';
import { JobParams } from './path-params.ts';

const EventId = z.string().regex(/^evt_\d{16}$/, 'Expected an event id: evt_ and 16 digits');

const EventQuery = ListEvents.extend({ after: EventId.optional().describe('Id of the last event that is known already') });

const EventHeaders = z.looseObject({
  'last-event-id': z.string().optional().describe('For a stream, the same as `after`; browsers send it when they reconnect'),
});

const description = `Events come oldest first, and their ids sort in that order.

Ask for \`text/event-stream\` to follow the job: the events after \`Last-Event-ID\` (or \`after\`), then each as it happens. The event's
type is the name of the message. After the event that ends the job comes a message named \`end\`, without an id: close then. When all
events of an ended job are known already, the answer is 204, which keeps browsers from reconnecting. A stream that stops without
\`end\` was cut: go on from the last id.`;

export const jobEventRoutes = defineRoutes((app, { heartbeatMs }) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs/:id/events',
    config: { holds: 'stream' },
    schema: {
      tags: ['Jobs'],
      summary: 'List or follow the events of a job',
      description,
      params: JobParams,
      querystring: EventQuery,
      headers: EventHeaders,
      response: {
        200: {
          description: 'A page, or a stream',
          content: { 'application/json': { schema: pageOf(JobEvent) }, 'text/event-stream': { schema: z.string() } },
        },
        204: z.undefined().describe('For a stream: the job has ended, and there is nothing after the event named'),
        ...problemResponses('notFound', 'validationFailed'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { after, limit } = request.query;
      if (accepts(request, ['application/json', 'text/event-stream']) === 'application/json') {
        return await request.services.jobs.listEvents(id, { after, limit });
      }
      const lastId = EventId.safeParse(request.headers['last-event-id']).data ?? after;
      const job = await request.services.jobs.get(id);
      if (isTerminal(job.state) && (await request.services.jobs.listEvents(id, { after: lastId, limit: 1 })).data.length === 0) {
        return reply.code(204).send();
      }
      const signal = AbortSignal.any([app.closing, closeSignal(reply.raw)]);
      const frames = streamJobEvents({
        source: {
          listEvents: (query) => request.services.jobs.listEvents(id, query),
          onChange: (listener) => request.services.jobs.onJobChange(id, listener),
        },
        after: lastId,
        signal,
        heartbeatMs,
      });
      // `x-accel-buffering` keeps a proxy in front from holding events back.
      void reply.type('text/event-stream').header('cache-control', 'no-store').header('x-accel-buffering', 'no');
      return reply.send(Readable.from(frames) as unknown as string);
    },
  });
});
