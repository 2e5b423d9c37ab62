import { z } from 'zod';

/** Settings of the convolutional networks that come in all widths and depths. */
export const scaling = {
  widthFactor: z.number().min(0.05).max(4).default(1).describe('Factor on the channels of every layer'),
  depthFactor: z.number().min(0.05).max(4).default(1).describe('Factor on the blocks of every stage, rounded up'),
};

export type Scaling = { widthFactor: number; depthFactor: number };

/** The blocks of each stage, times `factor`, at least one. */
export function deepened(blocks: readonly number[], factor: number): readonly number[] {
  return blocks.map((count) => Math.ceil(count * factor));
}

/** `channels` times `factor`, as the nearest multiple of eight that is not more than a tenth below: torchvision's and timm's rule. */
export function widened(channels: number, factor: number): number {
  const exact = channels * factor;
  const nearest = Math.max(8, Math.floor((exact + 4) / 8) * 8);
  return nearest < 0.9 * exact ? nearest + 8 : nearest;
}
