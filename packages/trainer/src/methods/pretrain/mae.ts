import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { representationEvaluator } from '../../evaluate/representation.ts';
import { type Layer, linear } from '../../models/layers.ts';
import { eachToken, transformerBlock } from '../../models/transformer-block.ts';
import { layerNormalization } from '../../models/transformer-layers.ts';
import type { Forward, ParameterSpec } from '../../parameters.ts';
import { defineMethod } from '../define-method.ts';
import { croppedView } from './cropped-view.ts';
import {
  drawHidden,
  hiddenCount,
  hiddenSquaredError,
  normalizedPatches,
  type PatchMask,
  patchPixels,
  randomMask,
  tokensOf,
  unnormalizedPatches,
} from './patches.ts';
import { sinePositions } from './sine-positions.ts';

const headWidth = 32; // as in the paper's decoder: 16 heads of 512

export const mae = defineMethod({
  id: 'mae',
  summary: 'Without labels: see a quarter of the patches of an image, draw the others (vision transformers)',
  paper: 'He et al., Masked autoencoders are scalable vision learners, CVPR 2022',
  config: z.strictObject({
    type: z.literal('mae'),
    maskRatio: z.number().gt(0).lt(1).default(0.75).describe('Share of the patches that is hidden; 0.75 in the paper'),
    normalizePixels: z
      .boolean()
      .default(true)
      .describe('Whether each patch is drawn with mean 0 and variance 1: better in the paper (table 1d)'),
    decoderWidth: z
      .int()
      .min(32)
      .max(2048)
      .multipleOf(headWidth)
      .default(128)
      .describe('Width of the decoder; 512 in the paper for ViT-L, where 128 finetunes as well (table 1b)'),
    decoderDepth: z
      .int()
      .min(1)
      .max(24)
      .default(2)
      .describe('Blocks of the decoder; 8 in the paper, where 1 finetunes as well (table 1a)'),
  }),
  examples: 'all',
  needs: 'tokens',
  defaultAugment: croppedView,
  create({ maskRatio, normalizePixels, decoderWidth, decoderDepth }, { backbone, inputShape: [, , channels] }) {
    const tokens = tokensOf(backbone);
    const { patchSize, gridSize } = tokens;
    const patches = gridSize[0] * gridSize[1];
    const hidden = hiddenCount(patches, maskRatio);
    const pixels = patchSize * patchSize * channels;
    const decoder = createDecoder({ in: tokens.width, width: decoderWidth, depth: decoderDepth, out: pixels, gridSize });
    const predict = (forward: Forward, images: tf.Tensor4D) => {
      const mask = randomMask({ rng: forward.rng, site: 'mae/mask', batch: images.shape[0], patches, hidden });
      const visible = tf.matMul(mask.pick, tokens.embed(forward, images)) as tf.Tensor3D;
      return { predicted: decoder.apply(forward, { encoded: tokens.encode(forward, visible), mask }), mask };
    };
    return {
      parameters: decoder.parameters,
      isTrainable: () => true,
      evaluator: representationEvaluator(backbone),
      draw(forward, images) {
        const { predicted, mask } = predict(forward, images);
        const pixels = patchPixels(images, patchSize);
        return drawHidden(images, tokens, {
          predicted: normalizePixels ? unnormalizedPatches(predicted, pixels) : predicted,
          mask,
        });
      },
      step(forward, { images }) {
        const { predicted, mask } = predict(forward, images);
        const target = patchPixels(images, patchSize);
        return { loss: hiddenSquaredError(predicted, normalizePixels ? normalizedPatches(target) : target, mask), metrics: {} };
      },
    };
  },
});

type DecoderOptions = { in: number; width: number; depth: number; out: number; gridSize: readonly [number, number] };

/** Encoded visible patches [batch, visible, in] → pixels of all patches [batch, patch, out], what is hidden standing as one learned token. */
function createDecoder({ gridSize: [rows, columns], ...sizes }: DecoderOptions) {
  const { width } = sizes;
  const init = { type: 'normal', std: 0.02 } as const;
  const embedding = linear('decoder.embed', { in: sizes.in, out: width });
  const blocks = Array.from({ length: sizes.depth }, (_, index) =>
    transformerBlock(`decoder.blocks.${index}`, { width, heads: width / headWidth, dropPath: 0 }),
  );
  const norm = layerNormalization('decoder.norm', width);
  const prediction = linear('decoder.pred', { in: width, out: sizes.out });
  const token: ParameterSpec = {
    name: 'decoder.mask_token',
    shape: [1, 1, width],
    init,
    role: 'bias',
    layout: { type: 'plain' },
  };
  const layers: readonly Pick<Layer<never, never>, 'parameters'>[] = [embedding, ...blocks, norm, prediction];
  return {
    parameters: [token, ...layers.flatMap(({ parameters }) => parameters)],
    apply(forward: Forward, { encoded, mask }: { encoded: tf.Tensor3D; mask: PatchMask }): tf.Tensor3D {
      const visible = tf.matMul(mask.pick, eachToken(embedding, forward, encoded), true) as tf.Tensor3D;
      const filled = tf.add(visible, tf.mul(mask.hidden, forward.parameter(token.name)));
      const placed = tf.add(filled, sinePositions([rows, columns], width)) as tf.Tensor3D;
      const mixed = blocks.reduce((x, block) => block.apply(forward, x), placed);
      return eachToken(prediction, forward, eachToken(norm, forward, mixed));
    },
  };
}
