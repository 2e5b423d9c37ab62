import type { AugmentationEntry } from './define-augmentation.ts';
import { normalize } from './normalize.ts';
import { randomAffine } from './random-affine.ts';
import { randomCrop } from './random-crop.ts';
import { randomHorizontalFlip } from './random-horizontal-flip.ts';
import { resize } from './resize.ts';

export const augmentations = [
  resize,
  randomHorizontalFlip,
  randomCrop,
  randomAffine,
  normalize,
] as const satisfies readonly AugmentationEntry[];
