import { z } from 'zod';
import { matchesGlob } from '../../glob.ts';
import { invalidSettings } from '../../invalid-settings.ts';
import type { Backbone } from '../../models/define-backbone.ts';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { isOneOf, trainPart } from './train-part.ts';

export const partial = defineMethod({
  id: 'partial',
  summary: 'Train a new head and some layers of the backbone; the others stay as they are',
  paper: 'Yosinski et al., How transferable are features in deep neural networks?, NIPS 2014',
  config: z.strictObject({
    type: z.literal('partial'),
    layers: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(100)
      .describe(
        'Names of parameters of the backbone to train, such as `layer4.*`: `*` is any text, `?` any one character. Batch normalisation that is not among them goes by its running averages',
      ),
  }),
  tiny: { layers: ['*.weight'] },
  takesMixedLabels: true,
  tasks: everyTask,
  create({ layers }, context) {
    refuseUnmatched(layers, context.backbone);
    const method = taskTraining(context, { freezeBackbone: false });
    const isHead = isOneOf(method.parameters);
    return trainPart(method, (name) => isHead(name) || layers.some((pattern) => matchesGlob(pattern, name)));
  },
});

function refuseUnmatched(layers: readonly string[], { parameters }: Backbone): void {
  for (const [index, pattern] of layers.entries()) {
    if (parameters.some(({ name }) => matchesGlob(pattern, name))) continue;
    const message = `"${pattern}" matches no parameter of the backbone, such as ${parameters.at(-1)?.name}`;
    throw invalidSettings({ path: `method.layers.${index}`, message });
  }
}
