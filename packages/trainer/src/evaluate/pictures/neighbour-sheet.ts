import { evenlySpaced } from '../../evenly-spaced.ts';
import { type LabelledFeatures, rowsAt } from '../labelled-features.ts';
import { nearestRows } from '../nearest-rows.ts';
import type { Tile } from './image-sheet.ts';

const queries = 10;
const neighbours = 5;

const sameClass = [40, 160, 70] as const;
const otherClass = [200, 50, 50] as const;

/** A query, then the examples nearest to it among all others, nearest first: positions of rows. */
export function chooseNeighbours(rows: LabelledFeatures): number[][] {
  const asked = evenlySpaced(rows.labels.length, queries);
  const { k, positions } = nearestRows(rows, rowsAt(rows, asked), neighbours + 1);
  return Array.from(asked, (query, index) => {
    const others = Array.from(positions.subarray(index * k, (index + 1) * k)).filter((position) => position !== query);
    return [query, ...others.slice(0, neighbours)];
  });
}

/** The frame of a neighbour says whether it is of the query's class, where both have one. */
export function frameOf(query: number, other: number): Pick<Tile, 'frame'> {
  if (query < 0 || other < 0) return {};
  return { frame: query === other ? sameClass : otherClass };
}
