import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { contrastLabels } from './contrast.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { contrastiveViews } from './view-augment.ts';

export const supcon = defineMethod({
  id: 'supcon',
  summary: 'With labels: bring the views of all images of a class together, and those of other classes apart',
  paper: 'Khosla et al., Supervised contrastive learning, NeurIPS 2020',
  config: z.strictObject({
    type: z.literal('supcon'),
    temperature: z
      .number()
      .positive()
      .default(0.2)
      .describe('Of the softmax; 0.1 in the paper on ImageNet, 0.2 in solo-learn on CIFAR'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layer; null: four times the features', at most solo-learn's 2048",
    ),
    width: z.int().min(2).max(8192).default(256).describe('Width of the embeddings that are compared; 256 in solo-learn'),
  }),
  tiny: { hidden: 16, width: 8 },
  defaultAugment: contrastiveViews,
  defaultTraining: labelFreeTraining,
  create({ temperature, hidden, width }, { backbone, augment }) {
    const { featureCount } = backbone;
    const widths = [widthOf(hidden, { times: 4, most: 2048, featureCount }), width];
    const head = projector('projector', { in: featureCount, widths, last: 'biased' });
    return {
      parameters: head.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: [augment, augment],
      collapse: collapsedSpread,
      step(forward, { views, labels }) {
        const embeddings = unitRows(head.apply(forward, backbone.features(forward, tf.concat([...views], 0))));
        const [first, second] = tf.split(embeddings, 2, 0) as [tf.Tensor2D, tf.Tensor2D];
        const { loss, accuracy } = contrastLabels([first, second], labels, temperature);
        return { loss, metrics: { contrastAccuracy: accuracy, embeddingSpread: embeddingSpread(first) } };
      },
    };
  },
});
