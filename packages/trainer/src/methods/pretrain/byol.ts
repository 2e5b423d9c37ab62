import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { Forward } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { negativeCosine } from './siamese.ts';
import { asTeacher, createTeacher, momentumSetting } from './teacher.ts';
import { unlikeViewDefaults, viewsSetting } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

export const byol = defineMethod({
  id: 'byol',
  summary: "Without labels: predict a slow double's embedding of the other view, without comparing images",
  paper: 'Grill et al., Bootstrap your own latent: a new approach to self-supervised learning, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('byol'),
    momentum: momentumSetting
      .default(0.99)
      .describe('Of the double, at the start; 0.996 in the paper, 0.99 in solo-learn on CIFAR'),
    finalMomentum: momentumSetting.default(1).describe('And at the end'),
    hidden: layerWidth.describe("Width of the hidden layers; null: eight times the features', at most the paper's 4096"),
    width: z.int().min(2).max(8192).default(256).describe('Width of the embeddings; 256 in the paper'),
    views: viewsSetting,
  }),
  tiny: { hidden: 16, width: 8, momentum: 0.5 },
  examples: 'all',
  ...unlikeViewDefaults,
  defaultTraining: labelFreeTraining,
  create({ hidden, width, views: given, ...momentum }, { backbone, augment }) {
    const { featureCount } = backbone;
    const inner = widthOf(hidden, { times: 8, most: 4096, featureCount });
    const head = projector('projector', { in: featureCount, widths: [inner, width], last: 'unbiased' });
    const predictor = projector('predictor', { in: width, widths: [inner, width], last: 'biased' });
    const teacher = createTeacher([...backbone.parameters, ...head.parameters], momentum);
    const project = (forward: Forward, images: tf.Tensor4D) => head.apply(forward, backbone.features(forward, images));
    return {
      parameters: [...head.parameters, ...predictor.parameters, ...teacher.parameters],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: given ?? [augment, augment],
      collapse: collapsedSpread,
      followers: teacher.followers,
      step(forward, { views }) {
        const pair = viewPair(views);
        const [z1, z2] = viewPair(pair.map((view) => project(forward, view)));
        const [t1, t2] = viewPair(pair.map((view) => project(asTeacher(forward), view)));
        const loss = bootstrapLoss([predictor.apply(forward, z1), predictor.apply(forward, z2)], [t2, t1]);
        return { loss, metrics: { embeddingSpread: embeddingSpread(unitRows(z1)) } };
      },
    };
  },
});

type Rows = readonly [tf.Tensor2D, tf.Tensor2D];

/** Equation 2 of the paper, of both views: the sum of the mean squared distances of unit predictions and unit targets. */
export function bootstrapLoss([p1, p2]: Rows, [t1, t2]: Rows): tf.Scalar {
  return tf.add(4, tf.mul(2, tf.add(negativeCosine(p1, t1), negativeCosine(p2, t2))));
}
