import { adam } from './adam.ts';
import type { OptimizerEntry } from './define-optimizer.ts';
import { sgd } from './sgd.ts';

export const optimizers = [sgd, adam] as const satisfies readonly OptimizerEntry[];
