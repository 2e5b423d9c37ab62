import type { RegularizerEntry } from './define-regularizer.ts';
import { groupLasso } from './group-lasso.ts';
import { l1 } from './l1.ts';
import { l2 } from './l2.ts';
import { orthogonality } from './orthogonality.ts';
import { spectral } from './spectral.ts';

export const regularizers = [l2, l1, groupLasso, spectral, orthogonality] as const satisfies readonly RegularizerEntry[];
