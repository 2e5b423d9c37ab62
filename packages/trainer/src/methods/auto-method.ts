import { z } from 'zod';
import type { RegistryEntry } from '../registry.ts';

/** Stands in a job for the method that `chooseMethod` takes; no resolved spec has it. */
export const autoMethod = {
  id: 'auto',
  summary: 'Without labels: the method that suits the data, the backbone and the time; the resolved spec says which, and why',
  config: z.strictObject({ type: z.literal('auto') }),
} as const satisfies RegistryEntry;
