import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { linear } from '../../models/layers.ts';
import { eachToken } from '../../models/transformer-block.ts';
import type { Forward, ParameterSpec } from '../../parameters.ts';
import { defineMethod } from '../define-method.ts';
import { croppedView } from './cropped-view.ts';
import { drawHidden, hiddenAbsoluteError, hiddenCount, patchPixels, randomMask, tokensOf } from './patches.ts';

export const simmim = defineMethod({
  id: 'simmim',
  summary: 'Without labels: see an image some of whose patches are blank, draw those by one linear layer (vision transformers)',
  paper: 'Xie et al., SimMIM: a simple framework for masked image modeling, CVPR 2022',
  config: z.strictObject({
    type: z.literal('simmim'),
    maskRatio: z.number().gt(0).lt(1).default(0.6).describe('Share of the patches that is blank; 0.6 in the paper'),
  }),
  examples: 'all',
  needs: 'tokens',
  defaultAugment: croppedView,
  create({ maskRatio }, { backbone, inputShape: [height, width, channels] }) {
    const tokens = tokensOf(backbone);
    const { patchSize, gridSize } = tokens;
    const patches = gridSize[0] * gridSize[1];
    const hidden = hiddenCount(patches, maskRatio);
    const head = linear('decoder', { in: tokens.width, out: patchSize * patchSize * channels });
    const blank: ParameterSpec = {
      name: 'mask_token',
      shape: [1, 1, tokens.width],
      init: { type: 'normal', std: 0.02 },
      role: 'bias',
      layout: { type: 'plain' },
    };
    const predict = (forward: Forward, images: tf.Tensor4D) => {
      const [batch] = images.shape;
      const mask = randomMask({ rng: forward.rng, site: 'simmim/mask', batch, patches, hidden });
      // A black image's patches are their positions and the embedding's offset, which the blank one learns to be apart from.
      const places = tokens.embed(forward, tf.zeros([1, height, width, channels]));
      const blanks = tf.add(places, forward.parameter(blank.name));
      const shown = tf.add(tf.mul(tokens.embed(forward, images), tf.sub(1, mask.hidden)), tf.mul(blanks, mask.hidden));
      return { predicted: eachToken(head, forward, tokens.encode(forward, shown as tf.Tensor3D)), mask };
    };
    return {
      parameters: [blank, ...head.parameters],
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      draw: (forward, images) => drawHidden(images, tokens, predict(forward, images)),
      step(forward, { images }) {
        const { predicted, mask } = predict(forward, images);
        return { loss: hiddenAbsoluteError(predicted, patchPixels(images, patchSize), mask), metrics: {} };
      },
    };
  },
});
