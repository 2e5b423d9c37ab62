import { BackboneCatalogue, MethodCatalogue } from '@scion/schema';
import { describeEntry } from '../catalogue.ts';
import { defineRoutes } from './define-routes.ts';

const tags = ['Catalogue'];

export const catalogueRoutes = defineRoutes((app, { catalogue }) => {
  // The catalogue never changes while the process runs, so it is described once.
  const methods: MethodCatalogue = {
    data: [
      ...[catalogue.autoMethod, ...catalogue.pretrainMethods].map((entry) => ({
        ...describeEntry(entry),
        kind: 'pretrain' as const,
      })),
      ...catalogue.finetuneMethods.map((entry) => ({ ...describeEntry(entry), kind: 'finetune' as const })),
    ],
    tasks: catalogue.tasks.map(describeEntry),
    augmentations: catalogue.augmentations.map(describeEntry),
    optimizers: catalogue.optimizers.map(describeEntry),
    schedules: catalogue.schedules.map(describeEntry),
    regularizers: catalogue.regularizers.map(describeEntry),
    constraints: catalogue.constraints.map(describeEntry),
  };
  const backbones: BackboneCatalogue = { data: catalogue.backbones.map(describeEntry) };

  app.route({
    method: 'GET',
    url: '/v1/methods',
    config: { etag: true },
    schema: {
      tags,
      summary: 'List the methods, and the other parts of a job',
      description: 'Each with the JSON Schema of its settings.',
      response: { 200: MethodCatalogue },
    },
    handler: async () => methods,
  });

  app.route({
    method: 'GET',
    url: '/v1/backbones',
    config: { etag: true },
    schema: {
      tags,
      summary: 'List the backbones',
      description: 'Each with the JSON Schema of its settings.',
      response: { 200: BackboneCatalogue },
    },
    handler: async () => backbones,
  });
});
