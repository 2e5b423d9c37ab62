import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { type Contrast, contrastRows } from './contrast.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { createQueue, queueNeedsWholeBatch, queueSize } from './queue.ts';
import { unlikeViewDefaults, viewsSetting } from './view-augment.ts';
import { viewPair } from './view-pair.ts';
import { withoutGradient } from './without-gradient.ts';

export const nnclr = defineMethod({
  id: 'nnclr',
  summary: 'Without labels: as SimCLR, with the nearest of earlier images in place of one of the two views',
  paper:
    'Dwibedi et al., With a little help from my friends: nearest-neighbor contrastive learning of visual representations, ICCV 2021',
  config: z.strictObject({
    type: z.literal('nnclr'),
    temperature: z.number().positive().default(0.2).describe('Of the softmax; 0.1 in the paper, 0.2 in solo-learn on CIFAR'),
    queue: queueSize
      .default(4096)
      .describe('Embeddings of earlier images to choose from; 98,304 in the paper, 4,096 in lightly on CIFAR-10'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layers; null: four times the features', at most the paper's 2048",
    ),
    predictorHidden: layerWidth.describe("That of the predictor; null: eight times the features', at most the paper's 4096"),
    width: z.int().min(2).max(8192).default(256).describe('Width of the embeddings; 256 in the paper'),
    views: viewsSetting,
  }),
  tiny: { queue: 24, hidden: 16, predictorHidden: 16, width: 8 },
  examples: 'all',
  ...unlikeViewDefaults,
  defaultTraining: labelFreeTraining,
  create({ temperature, queue: size, hidden, predictorHidden, width, views: given }, { backbone, augment }) {
    const { featureCount } = backbone;
    const inner = widthOf(hidden, { times: 4, most: 2048, featureCount });
    const head = projector('projector', { in: featureCount, widths: [inner, inner, width], last: 'unbiased' });
    const predictorWidths = [widthOf(predictorHidden, { times: 8, most: 4096, featureCount }), width];
    const predictor = projector('predictor', { in: width, widths: predictorWidths, last: 'biased' });
    const queue = createQueue('queue', { size, width });
    return {
      parameters: [...head.parameters, ...predictor.parameters, ...queue.parameters],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: given ?? [augment, augment],
      collapse: collapsedSpread,
      needsWholeBatch: queueNeedsWholeBatch,
      step(forward, { views }) {
        const projected = viewPair(views.map((view) => head.apply(forward, backbone.features(forward, view))));
        const [z1, z2] = viewPair(projected.map(unitRows));
        const [p1, p2] = viewPair(projected.map((rows) => unitRows(predictor.apply(forward, rows))));
        const known = queue.read(forward);
        const nearest = [nearestRows(z1, known), nearestRows(z2, known)] as const;
        const { loss, accuracy } = neighbourContrast(nearest, [p1, p2], temperature);
        queue.push(forward, z1);
        return { loss, metrics: { contrastAccuracy: accuracy, embeddingSpread: embeddingSpread(z1) } };
      },
    };
  },
});

type Rows = readonly [tf.Tensor2D, tf.Tensor2D];

/** The neighbours of each view against the predictions of the other, all unit rows: equation 2 of the paper, both ways. */
export function neighbourContrast([n1, n2]: Rows, [p1, p2]: Rows, temperature: number): Contrast {
  const [there, back] = [contrastRows(n1, p2, temperature), contrastRows(n2, p1, temperature)];
  return { loss: tf.div(tf.add(there.loss, back.loss), 2), accuracy: there.accuracy };
}

/** The row of `known` [size, width] that lies nearest to each of the unit rows [batch, width], as a constant. */
export function nearestRows(rows: tf.Tensor2D, known: tf.Tensor2D): tf.Tensor2D {
  return withoutGradient(rows, (asked) => tf.gather(known, tf.argMax(tf.matMul(asked, known, false, true), 1)) as tf.Tensor2D);
}
