import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';

export const linearProbe = defineMethod({
  id: 'linear-probe',
  summary: 'Train a new linear head on frozen features',
  paper: 'Alain & Bengio, Understanding intermediate layers using linear classifier probes, 2016',
  config: z.strictObject({ type: z.literal('linear-probe') }),
  takesMixedLabels: true,
  tasks: everyTask,
  create: (_config, context) => taskTraining(context, { freezeBackbone: true }),
});
