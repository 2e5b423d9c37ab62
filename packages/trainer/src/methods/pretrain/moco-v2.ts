import type * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import type { Forward } from '../../parameters.ts';
import { unitRows } from '../../unit-rows.ts';
import { defineMethod } from '../define-method.ts';
import { contrastQueue } from './contrast.ts';
import { labelFreeTraining } from './default-training.ts';
import { collapsedSpread, embeddingSpread } from './embedding.ts';
import { layerWidth, projector, widthOf } from './projector.ts';
import { createQueue, queueNeedsWholeBatch, queueSize } from './queue.ts';
import { asTeacher, createTeacher, momentumSetting } from './teacher.ts';
import { mildViews } from './view-augment.ts';
import { viewPair } from './view-pair.ts';

export const mocoV2 = defineMethod({
  id: 'moco-v2',
  summary: "Without labels: find a slow double's embedding of the other view among a queue of those of earlier images",
  paper: 'Chen et al., Improved baselines with momentum contrastive learning, 2020',
  config: z.strictObject({
    type: z.literal('moco-v2'),
    temperature: z.number().positive().default(0.2).describe('Of the softmax; 0.2 in the paper'),
    queue: queueSize
      .default(4096)
      .describe('Embeddings of earlier images to tell from; 65,536 in the paper, 4,096 in lightly on CIFAR-10'),
    momentum: momentumSetting
      .default(0.99)
      .describe('Of the double, at the start; 0.999 in the paper, 0.99 in solo-learn on CIFAR'),
    finalMomentum: momentumSetting.default(0.999).describe('And at the end'),
    hidden: layerWidth.describe(
      "Width of the projector's hidden layer; null: four times the features', at most the paper's 2048",
    ),
    width: z.int().min(2).max(8192).default(128).describe('Width of the embeddings; 128 in the paper'),
  }),
  tiny: { queue: 4, hidden: 16, width: 8, momentum: 0.5 },
  examples: 'all',
  defaultAugment: mildViews,
  defaultTraining: labelFreeTraining,
  create({ temperature, queue: size, hidden, width, ...momentum }, { backbone, augment }) {
    const { featureCount } = backbone;
    const widths = [widthOf(hidden, { times: 4, most: 2048, featureCount }), width];
    const head = projector('projector', { in: featureCount, widths, last: 'biased' });
    const teacher = createTeacher([...backbone.parameters, ...head.parameters], momentum);
    const queue = createQueue('queue', { size, width });
    const encode = (forward: Forward, images: tf.Tensor4D) => unitRows(head.apply(forward, backbone.features(forward, images)));
    return {
      parameters: [...head.parameters, ...teacher.parameters, ...queue.parameters],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      views: [augment, augment],
      collapse: collapsedSpread,
      followers: teacher.followers,
      needsWholeBatch: queueNeedsWholeBatch,
      step(forward, { views }) {
        const [first, second] = viewPair(views);
        const queries = encode(forward, first);
        const keys = encode(asTeacher(forward), second);
        const { loss, accuracy } = contrastQueue({ queries, keys, queue: queue.read(forward) }, temperature);
        queue.push(forward, keys);
        return { loss, metrics: { contrastAccuracy: accuracy, embeddingSpread: embeddingSpread(queries) } };
      },
    };
  },
});
