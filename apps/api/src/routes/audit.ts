import { AuditEntry, ListAudit, pageOf } from '@scion/schema';
import { problemResponses } from '../problem-responses.ts';
import { defineRoutes } from './define-routes.ts';

export const auditRoutes = defineRoutes((app, { services }) => {
  app.route({
    method: 'GET',
    url: '/v1/audit',
    config: { access: 'admin' },
    schema: {
      tags: ['Access'],
      summary: 'List who changed what, newest first',
      querystring: ListAudit,
      response: { 200: pageOf(AuditEntry), ...problemResponses('validationFailed') },
    },
    handler: (request) => services.audit.list(request.query),
  });
});
