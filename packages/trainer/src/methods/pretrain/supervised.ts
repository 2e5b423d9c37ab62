import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';

export const supervised = defineMethod({
  id: 'supervised',
  summary: 'Learn what the labels say; the backbone is what is kept',
  config: z.strictObject({ type: z.literal('supervised') }),
  takesMixedLabels: true,
  tasks: everyTask,
  create: (_config, context) => taskTraining(context, { freezeBackbone: false }),
});
