import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { Forward } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { type Contrast, contrastRows } from './contrast.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedToLine, spreadDirections } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { asTeacher, createTeacher, momentumSetting } from './teacher.ts';
import { unlikeViewDefaults, viewsSetting } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

export const mocoV3 = defineMethod({
  id: 'moco-v3',
  summary:
    "Without labels: predict which of a slow double's embeddings of a batch is of the other view; made for vision transformers too",
  paper: 'Chen, Xie & He, An empirical study of training self-supervised vision transformers, ICCV 2021',
  config: z.strictObject({
    type: z.literal('moco-v3'),
    temperature: z
      .number()
      .positive()
      .default(0.2)
      .describe('Of the softmax; 0.2 in the paper for transformers and in solo-learn'),
    momentum: momentumSetting.default(0.99).describe('Of the double, at the start; 0.99 in the paper'),
    finalMomentum: momentumSetting.default(1).describe('And at the end'),
    hidden: layerWidth.describe("Width of the hidden layers; null: eight times the features', at most the paper's 4096"),
    width: z.int().min(2).max(8192).default(256).describe('Width of the embeddings; 256 in the paper'),
    views: viewsSetting,
  }),
  tiny: { hidden: 16, width: 8, momentum: 0.5 },
  examples: 'all',
  ...unlikeViewDefaults,
  defaultTraining: labelFreeTraining,
  create({ temperature, hidden, width, views: given, ...momentum }, { backbone, augment }) {
    const { featureCount } = backbone;
    const inner = widthOf(hidden, { times: 8, most: 4096, featureCount });
    const head = projector('projector', { in: featureCount, widths: [inner, inner, width], last: 'standardized' });
    const predictor = projector('predictor', { in: width, widths: [inner, width], last: 'standardized' });
    const teacher = createTeacher([...backbone.parameters, ...head.parameters], momentum);
    const project = (forward: Forward, images: tf.Tensor4D) => head.apply(forward, backbone.features(forward, images));
    return {
      parameters: [...head.parameters, ...predictor.parameters, ...teacher.parameters],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: given ?? [augment, augment],
      followers: teacher.followers,
      collapse: collapsedToLine,
      step(forward, { views }) {
        const pair = viewPair(views);
        const [q1, q2] = viewPair(pair.map((view) => unitRows(predictor.apply(forward, project(forward, view)))));
        const [k1, k2] = viewPair(pair.map((view) => unitRows(project(asTeacher(forward), view))));
        const { loss, accuracy } = momentumContrast([q1, q2], [k1, k2], temperature);
        return { loss, metrics: { contrastAccuracy: accuracy, embeddingDirections: spreadDirections(q1) } };
      },
    };
  },
});

type Rows = readonly [tf.Tensor2D, tf.Tensor2D];

/** Each view's queries against the other's keys, all unit rows: algorithm 1 of the paper. */
export function momentumContrast([q1, q2]: Rows, [k1, k2]: Rows, temperature: number): Contrast {
  const [there, back] = [contrastRows(q1, k2, temperature), contrastRows(q2, k1, temperature)];
  // The authors' factor keeps the gradient's size from depending on the temperature.
  return { loss: tf.mul(2 * temperature, tf.add(there.loss, back.loss)), accuracy: there.accuracy };
}
