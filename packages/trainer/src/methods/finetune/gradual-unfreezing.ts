import { z } from 'zod';
import type { Backbone } from '../../models/define-backbone.ts';
import { layerBlocks } from '../../models/layer-blocks.ts';
import { everyTask } from '../../tasks/index.ts';
import { defineMethod, type Phase } from '../define-method.ts';
import { taskTraining } from '../task-training.ts';
import { decayedRates, layerDecaySetting } from './layer-decay.ts';
import { isOneOf, trainPart } from './train-part.ts';

export const gradualUnfreezing = defineMethod({
  id: 'gradual-unfreezing',
  summary: 'Train a new head first, then the last layers too, then those before them, until everything is trained',
  paper: 'Howard & Ruder, Universal language model fine-tuning for text classification, ACL 2018',
  config: z.strictObject({
    type: z.literal('gradual-unfreezing'),
    groups: z
      .int()
      .min(1)
      .max(12)
      .default(3)
      .describe(
        'Parts of the backbone that are unfrozen one after the other, as many blocks in each; the paper: its three layers',
      ),
    share: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.5)
      .describe("Share of the run's steps after which everything is trained; an epoch for each group in the paper"),
    layerDecay: layerDecaySetting,
  }),
  tiny: { groups: 2 },
  takesMixedLabels: true,
  tasks: everyTask,
  create({ groups, share, layerDecay }, context) {
    const method = taskTraining(context, { freezeBackbone: false });
    const parts = lastFirst(context.backbone, groups);
    const phases = Array.from({ length: parts.length + 1 }, (_, count): Phase => {
      const part = trainPart(method, isOneOf(method.parameters, parts.slice(0, count).flat()));
      return { from: (share * count) / parts.length, isTrainable: part.isTrainable, step: part.step };
    });
    return { ...method, rateFactor: decayedRates(context.backbone, layerDecay), phases };
  },
});

/** The backbone's parameters in so many parts, the one nearest to the head first. */
export function lastFirst({ parameters }: Backbone, groups: number): { name: string }[][] {
  const blocks = [...layerBlocks(parameters)].reverse();
  const count = Math.min(groups, blocks.length);
  const bound = (part: number) => Math.round((part * blocks.length) / count);
  return Array.from({ length: count }, (_, part) =>
    blocks
      .slice(bound(part), bound(part + 1))
      .flat()
      .map((name) => ({ name })),
  );
}
