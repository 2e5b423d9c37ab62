import { z } from 'zod';

/** [low, high] of a range to draw from. */
export const orderedPair = (number: z.ZodNumber) =>
  z.tuple([number, number]).refine(([low, high]) => low <= high, 'The first number must not be the larger');
