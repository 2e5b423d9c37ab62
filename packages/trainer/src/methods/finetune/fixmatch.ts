import { z } from 'zod';
import { defineMethod } from '../define-method.ts';
import { unlabelledRatio } from './partly-labelled.ts';
import { confidentLabels } from './pseudo-labels.ts';
import { learnStrongViews, strongSetting } from './strong-views.ts';

export const fixmatch = defineMethod({
  id: 'fixmatch',
  summary:
    'Learn from unlabelled images too: a strong view of each is to be of the class that the network is sure of from a weak one',
  paper: 'Sohn et al., FixMatch: simplifying semi-supervised learning with consistency and confidence, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('fixmatch'),
    unlabelledRatio: unlabelledRatio.default(7),
    threshold: z.number().min(0).max(1).default(0.95).describe('Probability from which on a class counts; the paper’s τ'),
    weight: z.number().min(0).default(1).describe('Factor on the loss of unlabelled images; the paper’s λ'),
    strong: strongSetting,
  }),
  tiny: { unlabelledRatio: 1, threshold: 0.4, strong: [{ type: 'cutout' }] }, // RandAugment's levels are other ones by a rounding
  create: ({ threshold, ...settings }, context) =>
    learnStrongViews(context, { ...settings, label: (_forward, scores) => confidentLabels(scores, threshold) }),
});
