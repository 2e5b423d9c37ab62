import { ScionError } from '@scion/schema';
import type { ImageShape } from '../models/define-backbone.ts';

/** The `outputShape` of an augmentation for images in colour or grey: it leaves the shape alone, and refuses other channels. */
export const colourShape =
  (id: string) =>
  (shape: ImageShape): ImageShape => {
    if (shape[2] === 3 || shape[2] === 1) return shape;
    throw new ScionError('shapeMismatch', `${id} works on images of 3 channels (red, green, blue) or 1, not of ${shape[2]}`);
  };
