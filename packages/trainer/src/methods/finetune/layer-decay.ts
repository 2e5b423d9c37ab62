import { z } from 'zod';
import type { Backbone } from '../../models/define-backbone.ts';
import { layerBlocks } from '../../models/layer-blocks.ts';

export const layerDecaySetting = z
  .number()
  .gt(0)
  .max(1)
  .default(1)
  .describe(
    "Factor on the learning rate from each block to the one below it, so that what is general changes less than what is special: 0.385 (1 / 2.6) in ULMFiT, 0.65 to 0.75 for vision transformers (BEiT, MAE). The head's is 1",
  );

/** The factor on a parameter's learning rate: decay^d, d blocks below the head. */
export function decayedRates({ parameters }: Backbone, decay: number): (name: string) => number {
  const blocks = layerBlocks(parameters);
  const factors = new Map(blocks.flatMap((names, index) => names.map((name) => [name, decay ** (blocks.length - index)])));
  return (name) => factors.get(name) ?? 1;
}
