import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { openDevice } from '@scion/engine';
import { philoxUniform } from '@scion/engine/ops';
import type { LabelledFeatures } from '../labelled-features.ts';
import { layOut } from './embedding-map.ts';
import { chooseNeighbours, frameOf } from './neighbour-sheet.ts';

before(() => openDevice());

const width = 6;

/** Rows around three directions, one class each. */
function clusters(count: number): LabelledFeatures {
  const noise = philoxUniform(count * width, 4, 2);
  const features = noise.map((u, i) => 0.3 * u + (i % width === Math.floor(i / width) % 3 ? 1 : 0));
  return { features, labels: Int32Array.from({ length: count }, (_, row) => row % 3), width };
}

const always = async () => true;

describe('the map of features', () => {
  it('keeps together what is near by cosine, and is the same each time', async () => {
    const points = (await layOut(clusters(60), always))!;
    assert.deepEqual(await layOut(clusters(60), always), points);
    for (const { row, x, y, label } of points) {
      const others = points.filter((other) => other.row !== row);
      const nearest = others.reduce((a, b) => (Math.hypot(a.x - x, a.y - y) < Math.hypot(b.x - x, b.y - y) ? a : b));
      assert.equal(nearest.label, label);
    }
  });

  it('is given up once the run is to stop, has no points of rows too few, and says where there is no label', async () => {
    assert.equal(await layOut(clusters(20), async () => false), null);
    assert.deepEqual(await layOut(clusters(2), always), []);
    const unlabelled = { ...clusters(20), labels: new Int32Array(20).fill(-1) };
    assert.deepEqual(new Set((await layOut(unlabelled, always))!.map(({ label }) => label)), new Set([null]));
  });
});

describe('the nearest neighbours', () => {
  it('are others, of all rows, nearest first', () => {
    const rows = clusters(30);
    const chosen = chooseNeighbours(rows);
    assert.equal(chosen.length, 10);
    const rowOf = (row: number) => rows.features.subarray(row * width, (row + 1) * width);
    const cosine = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, value, i) => sum + value * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b));
    for (const [query, ...others] of chosen) {
      const ranked = Array.from(rows.labels.keys())
        .filter((row) => row !== query)
        .sort((a, b) => cosine(rowOf(query!), rowOf(b)) - cosine(rowOf(query!), rowOf(a)));
      assert.deepEqual(others, ranked.slice(0, 5));
    }
  });

  it('are framed by whether they are of the same class, where that is known', () => {
    assert.notDeepEqual(frameOf(1, 1), frameOf(1, 2));
    assert.deepEqual([frameOf(-1, 1), frameOf(1, -1)], [{}, {}]);
  });
});
