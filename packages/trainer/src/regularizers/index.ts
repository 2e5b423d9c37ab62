import type { RegularizerEntry } from './define-regularizer.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';

export const regularizers = [l2, l1] as const satisfies readonly RegularizerEntry[];
