import type { Box } from '../image/pixels.ts';

/** int32 [image, 4]: top, left, height and width of a part of each image, in pixels. */
export type ImageBoxes = Int32Array;

const numbersPerBox = 4;

export function boxAt(boxes: ImageBoxes, image: number): Box {
  const [top = 0, left = 0, height = 0, width = 0] = boxes.subarray(image * numbersPerBox, (image + 1) * numbersPerBox);
  return { top, left, height, width };
}

/** The boxes of some of the images. */
export function boxesOf(boxes: ImageBoxes, images: Int32Array): ImageBoxes {
  const chosen = new Int32Array(images.length * numbersPerBox);
  for (const [i, image] of images.entries()) {
    chosen.set(boxes.subarray(image * numbersPerBox, (image + 1) * numbersPerBox), i * numbersPerBox);
  }
  return chosen;
}
