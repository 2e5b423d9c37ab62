import { z } from 'zod';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { isOneOf, trainPart } from './train-part.ts';

export const bitfit = defineMethod({
  id: 'bitfit',
  summary: 'Train a new head and the offsets of the backbone (`*.bias`), a thousandth of its parameters',
  paper:
    'Ben Zaken et al., BitFit: simple parameter-efficient fine-tuning for transformer-based masked language-models, ACL 2022',
  config: z.strictObject({ type: z.literal('bitfit') }),
  takesMixedLabels: true,
  tasks: everyTask,
  create(_config, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    const isHead = isOneOf(method.parameters);
    return trainPart(method, (name) => isHead(name) || name.endsWith('.bias'));
  },
});
