import { z } from 'zod';
import { colourShape } from './colour-shape.ts';
import { defineAugmentation } from './define-augmentation.ts';
import { applyBlends } from './rand-augment/blends.ts';
import { applyGeometry } from './rand-augment/geometry.ts';
import { chooseOperation, strongest } from './rand-augment/operations.ts';
import { applyTables } from './rand-augment/tables.ts';

export const randAugment = defineAugmentation({
  id: 'rand-augment',
  summary: 'Puts each image through a few operations, each drawn from fourteen, all of one magnitude',
  paper: 'Cubuk et al., RandAugment: Practical Automated Data Augmentation with a Reduced Search Space, 2020',
  config: z.strictObject({
    type: z.literal('rand-augment'),
    operations: z.int().min(1).max(10).default(2).describe("How many, one after the other: the paper's N"),
    magnitude: z
      .number()
      .min(0)
      .max(strongest)
      .default(9)
      .describe(`How strong, 0 to ${strongest}: the paper's M on torchvision's scale, with its default`),
  }),
  create: ({ operations, magnitude }) => ({
    range: 'unit',
    outputShape: colourShape('rand-augment'),
    train(images, { rng, site }) {
      const batch = images.shape[0];
      return Array.from({ length: operations }).reduce<typeof images>((current, _, index) => {
        const draw = (part: string) => rng.uniform(`${site}/${index}/${part}`, [batch]);
        // An image has one operation only, and passes the other groups unchanged.
        const choice = chooseOperation(draw('operation'), draw('sign'));
        const moved = applyGeometry(current, choice, magnitude);
        return applyTables(applyBlends(moved, choice, magnitude), choice, magnitude);
      }, images);
    },
  }),
});
