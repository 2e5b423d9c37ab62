import { colorJitter } from './color-jitter.ts';
import { cutmix } from './cutmix.ts';
import { cutout } from './cutout.ts';
import type { AugmentationEntry } from './define-augmentation.ts';
import { gaussianBlur } from './gaussian-blur.ts';
import { mixup } from './mixup.ts';
import { normalize } from './normalize.ts';
import { randAugment } from './rand-augment.ts';
import { randomAffine } from './random-affine.ts';
import { randomCrop } from './random-crop.ts';
import { randomGrayscale } from './random-grayscale.ts';
import { randomHorizontalFlip } from './random-horizontal-flip.ts';
import { randomResizedCrop } from './random-resized-crop.ts';
import { randomRotation90 } from './random-rotation-90.ts';
import { randomSolarize } from './random-solarize.ts';
import { randomVerticalFlip } from './random-vertical-flip.ts';
import { resize } from './resize.ts';

export const augmentations = [
  resize,
  randomHorizontalFlip,
  randomVerticalFlip,
  randomRotation90,
  randomCrop,
  randomResizedCrop,
  randomAffine,
  colorJitter,
  randomGrayscale,
  randomSolarize,
  gaussianBlur,
  randAugment,
  cutout,
  normalize,
  mixup,
  cutmix,
] as const satisfies readonly AugmentationEntry[];
