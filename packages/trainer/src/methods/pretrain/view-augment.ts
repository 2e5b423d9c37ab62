import { z } from 'zod';
import { augmentations } from '../../augment/index.ts';
import type { AugmentationConfig } from '../../augment/pipeline.ts';
import type { ImageShape } from '../../models/define-backbone.ts';
import { unionOf } from '../../registry.ts';

/** Images of at least this side are augmented as photographs are; smaller ones without blur, which leaves little of them. */
const photographSide = 96;

type ViewOptions = {
  /** Least share of an image's area that a view shows. */
  leastArea: number;
  /** Strength of the jitter of brightness, contrast, saturation and hue. */
  jitter: readonly [number, number, number, number];
  /** Share of photographs that are blurred. */
  blur: number;
  /** Share of images whose bright pixels are inverted. */
  solarize?: number;
};

/** A random view of images. Those of one channel have no colour to jitter but brightness and contrast. */
function viewOf(
  [height, width, channels]: ImageShape,
  { leastArea, jitter, blur, solarize = 0 }: ViewOptions,
): AugmentationConfig[] {
  const [brightness, contrast, saturation, hue] = jitter;
  const gray = { type: 'color-jitter', brightness, contrast, probability: 0.8 };
  const isBlurred = blur > 0 && !isSmall([height, width, channels]);
  return [
    { type: 'random-resized-crop', size: [height, width], scale: [leastArea, 1] },
    { type: 'random-horizontal-flip' },
    ...(channels === 3
      ? [
          { ...gray, saturation, hue },
          { type: 'random-grayscale', probability: 0.2 },
        ]
      : [gray]),
    ...(isBlurred ? [{ type: 'gaussian-blur', probability: blur }] : []),
    ...(solarize > 0 ? [{ type: 'random-solarize', probability: solarize }] : []),
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ];
}

const isSmall = ([height, width]: ImageShape) => Math.min(height, width) < photographSide;

/**
 * The random views of SimCLR (Chen et al., 2020, appendix A; B.9 for small images, which are not blurred; the jitter of strength 1 is
 * halved there).
 */
export function contrastiveViews(shape: ImageShape): AugmentationConfig[] {
  return viewOf(shape, { leastArea: 0.08, jitter: isSmall(shape) ? [0.4, 0.4, 0.4, 0.1] : [0.8, 0.8, 0.8, 0.2], blur: 0.5 });
}

/** Those of MoCo v2 and SimSiam (Chen & He, 2021, section 4). */
export function mildViews(shape: ImageShape): AugmentationConfig[] {
  return viewOf(shape, { leastArea: 0.2, jitter: [0.4, 0.4, 0.4, 0.1], blur: 0.5 });
}

/** Those of VICReg (Bardes et al., 2022, appendix C; solo-learn for small images, whose crops are larger). */
export function solarizedViews(shape: ImageShape): AugmentationConfig[] {
  return viewOf(shape, { leastArea: isSmall(shape) ? 0.2 : 0.08, jitter: [0.4, 0.4, 0.2, 0.1], blur: 0.5, solarize: 0.1 });
}

/** The two views of BYOL, unlike each other (Grill et al., 2020, table 6): the second is solarized at times, and seldom blurred. */
function unlikeViews(shape: ImageShape): [AugmentationConfig[], AugmentationConfig[]] {
  const options = { leastArea: 0.08, jitter: [0.4, 0.4, 0.2, 0.1] } as const;
  return [viewOf(shape, { ...options, blur: 1 }), viewOf(shape, { ...options, blur: 0.1, solarize: 0.2 })];
}

/** What a method with unlike views states beside its `create`. */
export const unlikeViewDefaults = {
  defaultAugment: (shape: ImageShape) => unlikeViews(shape)[0],
  defaultViews: unlikeViews,
};

const View = z.array(unionOf(augmentations)).max(50);

/** The setting of a method with unlike views. */
export const viewsSetting = z
  .tuple([View, View])
  .nullable()
  .default(null)
  .describe("Augmentations of each view. null: both are made by augment; where a job says nothing of either, the paper's");
