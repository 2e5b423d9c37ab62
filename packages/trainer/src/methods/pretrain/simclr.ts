import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { contrastViews } from './contrast.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { projector } from './projector.ts';
import { contrastiveViews } from './view-augment.ts';

export const simclr = defineMethod({
  id: 'simclr',
  summary: 'Without labels: find the other view of an image among those of all others',
  paper: 'Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, 2020',
  config: z.strictObject({
    type: z.literal('simclr'),
    temperature: z.number().positive().default(0.2).describe('Of the softmax; 0.5 in the paper on CIFAR-10, 0.2 in solo-learn'),
    hidden: z
      .int()
      .min(1)
      .max(8192)
      .nullable()
      .default(null)
      .describe("Width of the projector's hidden layer; null: that of the features"),
    width: z.int().min(2).max(8192).default(128).describe('Width of the embeddings that are compared'),
  }),
  examples: 'all',
  tiny: { width: 8 },
  defaultAugment: contrastiveViews,
  defaultTraining: labelFreeTraining,
  create({ temperature, hidden, width }, { backbone, augment }) {
    const { featureCount } = backbone;
    const head = projector('projector', { in: featureCount, widths: [hidden ?? featureCount, width], last: 'biased' });
    return {
      parameters: head.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: [augment, augment],
      collapse: collapsedSpread,
      step(forward, { views }) {
        // Both views in one pass: statistics of normalisation are of all of them, as in the paper.
        const embeddings = unitRows(head.apply(forward, backbone.features(forward, tf.concat([...views], 0))));
        const [first, second] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
        const { loss, accuracy } = contrastViews(first, second, temperature);
        return { loss, metrics: { contrastAccuracy: accuracy, embeddingSpread: embeddingSpread(first) } };
      },
    };
  },
});
