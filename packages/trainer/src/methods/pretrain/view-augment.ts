import type { AugmentationConfig } from '../../augment/pipeline.ts';
import type { ImageShape } from '../../models/define-backbone.ts';

/** Images of at least this side are augmented as photographs are; smaller ones without blur, which leaves little of them. */
const photographSide = 96;

/**
 * The random views of SimCLR (Chen et al., 2020, appendix A; B.9 for small images, which are not blurred; the jitter of strength 1 is
 * halved there). Images of one channel have no colour to jitter but brightness and contrast.
 */
export function contrastiveViews([height, width, channels]: ImageShape): AugmentationConfig[] {
  const isSmall = Math.min(height, width) < photographSide;
  const strength = isSmall ? 0.5 : 1;
  const jitter = { type: 'color-jitter', brightness: 0.8 * strength, contrast: 0.8 * strength, probability: 0.8 };
  const colour = { ...jitter, saturation: 0.8 * strength, hue: 0.2 * strength };
  const views: AugmentationConfig[] = [
    { type: 'random-resized-crop', size: [height, width], scale: [0.08, 1] },
    { type: 'random-horizontal-flip' },
    ...(channels === 3 ? [colour, { type: 'random-grayscale', probability: 0.2 }] : [jitter]),
    ...(isSmall ? [] : [{ type: 'gaussian-blur', probability: 0.5 }]),
    { type: 'normalize', mean: [0.5], std: [0.5] },
  ];
  return views;
}
