import { computeValues } from '@scion/engine/ops';
import { embeddingSpread } from '../methods/pretrain/embedding.ts';
import { unitRows } from '../unit-rows.ts';
import { type LabelledFeatures, rowTensor } from './labelled-features.ts';

/** How far features point in all directions: see `embeddingSpread`. */
export function featureSpread(examples: LabelledFeatures): number {
  const [value = Number.NaN] = computeValues(() => embeddingSpread(unitRows(rowTensor(examples))));
  return value;
}
