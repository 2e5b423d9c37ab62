import { createPhilox } from '@scion/engine/ops';
import type { EmbeddingMap } from '@scion/schema';
import { UMAP } from 'umap-js';
import type { LabelledFeatures } from '../labelled-features.ts';
import { nearestRows } from '../nearest-rows.ts';

/** 15 in the authors' program; each row counts as one of its own, as there. */
export const mapNeighbours = 15;

/** The same features always make the same map. */
const mapSeed = 0;

/**
 * Lays features out on a plane such that those which are near by cosine stay near (McInnes, Healy & Melville, UMAP: uniform manifold
 * approximation and projection, 2018; minDist 0.1, as in the authors' program). `goOn` is asked between its steps: null once it says no.
 */
export async function layOut(rows: LabelledFeatures, goOn: () => Promise<boolean>): Promise<EmbeddingMap['points'] | null> {
  const count = rows.labels.length;
  const near = Math.min(mapNeighbours, count - 1);
  if (near < 2) return []; // too few to have neighbours
  const { k, positions, cosines } = nearestRows(rows, rows, near);
  const table = (values: Float32Array | Int32Array) =>
    Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * k, (row + 1) * k)));
  const umap = new UMAP({ nNeighbors: near, minDist: 0.1, random: uniformNumbers() });
  umap.setPrecomputedKNN(table(positions), table(cosines.map((cosine) => Math.max(1 - cosine, 0))));
  const steps = umap.initializeFit(table(cosines)); // it only counts these
  for (let step = 0; step < steps; step++) {
    if (!(await goOn())) return null;
    umap.step();
  }
  return umap.getEmbedding().map(([x = 0, y = 0], row) => {
    const label = rows.labels[row] ?? -1;
    return { row, x: rounded(x), y: rounded(y), label: label < 0 ? null : label };
  });
}

function uniformNumbers(): () => number {
  const next = createPhilox(mapSeed, 0);
  return () => next() / 2 ** 32;
}

/** More digits than a map shows would only make the file long. */
const rounded = (value: number) => Math.round(value * 1000) / 1000;
