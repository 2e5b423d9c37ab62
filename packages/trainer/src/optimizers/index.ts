import { adagrad } from './adagrad.ts';
import { adam } from './adam.ts';
import { adamw } from './adamw.ts';
import type { OptimizerEntry } from './define-optimizer.ts';
import { lamb } from './lamb.ts';
import { lars } from './lars.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizers = [
  sgd,
  adam,
  adamw,
  rmsprop,
  adagrad,
  lars,
  lamb,
  lion,
  muon,
] as const satisfies readonly OptimizerEntry[];
