import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { defineMethod, type Method, type MethodContext } from '../define-method.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedToLine, spreadDirections } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { negativeCosine } from './siamese.ts';
import { mildViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';
import { stopGradient } from './without-gradient.ts';

const config = z.strictObject({
  type: z.literal('simsiam'),
  width: layerWidth.describe("Width of the projector; null: four times the features', at most the paper's 2048"),
  stopGradient: z
    .boolean()
    .default(true)
    .describe('Whether the other view counts as given. false, to study it: the method then collapses (section 4.1 of the paper)'),
  predictorHidden: layerWidth.describe(
    "Width of the predictor's hidden layer; null: a quarter of the projector's, as in the paper",
  ),
});

export const simsiam = defineMethod({
  id: 'simsiam',
  summary: 'Without labels: predict the embedding of the other view, which counts as given; needs neither negatives nor a double',
  paper: 'Chen & He, Exploring simple Siamese representation learning, CVPR 2021',
  config,
  tiny: { width: 16, predictorHidden: 8 },
  examples: 'all',
  defaultAugment: mildViews,
  defaultTraining: labelFreeTraining,
  create: createSimsiam,
});

function createSimsiam(settings: z.output<typeof config>, { backbone, augment }: MethodContext): Method {
  const { featureCount } = backbone;
  const width = widthOf(settings.width, { times: 4, most: 2048, featureCount });
  const hidden = settings.predictorHidden ?? Math.ceil(width / 4);
  const head = projector('projector', { in: featureCount, widths: [width, width], last: 'standardized' });
  const predictor = projector('predictor', { in: width, widths: [hidden, width], last: 'biased' });
  return {
    parameters: [...head.parameters, ...predictor.parameters],
    isTrainable: () => true,
    evaluator: representationEvaluator(backbone),
    views: [augment, augment],
    collapse: collapsedToLine,
    step(forward, { views }) {
      const [z1, z2] = viewPair(views.map((view) => head.apply(forward, backbone.features(forward, view))));
      const [p1, p2] = [predictor.apply(forward, z1), predictor.apply(forward, z2)];
      // That the targets count as given is all that keeps the method from collapsing.
      const targets = settings.stopGradient ? ([stopGradient(z2), stopGradient(z1)] as const) : ([z2, z1] as const);
      const loss = siameseLoss([p1, p2], targets);
      return { loss, metrics: { embeddingDirections: spreadDirections(z1) } };
    },
  };
}

type Rows = readonly [tf.Tensor2D, tf.Tensor2D];

/** Equation 2 of the paper: half the sum of the negative cosines of predictions and targets. */
export function siameseLoss([p1, p2]: Rows, [t1, t2]: Rows): tf.Scalar {
  return tf.div(tf.add(negativeCosine(p1, t1), negativeCosine(p2, t2)), 2);
}
