import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertCloseTo } from '../close-to.fixture.ts';
import { resizePositions } from './resize-positions.ts';

const from = { prefix: 1, rows: 3, columns: 4 };
const width = 2;
/** The values of torch-reference.fixture.py. */
const stored = {
  name: 'pos_embed',
  shape: [1, 13, width],
  data: Float32Array.from({ length: 13 * width }, (_, i) => Math.sin(0.37 * i * i)),
};

describe('positions for a grid of another size', () => {
  it("are timm's, where the grid grows", () => {
    const { shape, data } = resizePositions(stored, from, { prefix: 1, rows: 5, columns: 6 });
    assert.deepEqual(shape, [1, 31, width]);
    assertCloseTo([...data], larger, 1e-5);
  });

  it("are timm's, where the grid shrinks", () => {
    const { shape, data } = resizePositions(stored, from, { prefix: 1, rows: 2, columns: 3 });
    assert.deepEqual(shape, [1, 7, width]);
    assertCloseTo([...data], smaller, 1e-5);
  });

  it('keep the position of the class token, and all of them on a grid of the same size', () => {
    assert.deepEqual(resizePositions(stored, from, { ...from, rows: 7 }).data.slice(0, width), stored.data.slice(0, width));
    assert.deepEqual(resizePositions(stored, from, from), stored);
  });

  it('stay constant where they are', () => {
    const constant = { ...stored, data: stored.data.map(() => 3) };
    assertCloseTo([...resizePositions(constant, from, { prefix: 1, rows: 8, columns: 2 }).data], Array(34).fill(3), 1e-6);
  });
});

/** timm's, as torch-reference.fixture.py prints them. */
const larger = [
  0.0, 0.361615, 1.21903, -0.28547, 0.340955, 0.0220611, -0.319492, 0.120085, 0.707518, -0.642401, -0.160528, -0.997071, -1.22455,
  -1.095, 0.405861, 0.121248, 0.088547, 0.0664648, -0.126269, -0.00558914, 0.319894, -0.0331344, -0.0439073, -0.331183, -0.494662,
  -0.588383, -0.694214, 0.77492, -0.258289, 0.159, 0.11644, -0.189118, -0.246217, 0.88338, 0.0955316, 0.608093, 0.501917,
  0.0574061, 0.0227335, 1.01515, -0.0668511, 0.307763, -0.162073, -0.156543, -0.145975, 0.880381, -0.113367, 0.243566, -0.0884574,
  -0.618336, 0.625338, 1.09973, 0.10015, 0.395978, -0.374974, -0.113835, -0.0143938, 0.773187, -0.268162, -0.106437, -0.595089,
  -1.14142,
];
const smaller = [
  0.0, 0.361615, 0.213186, 0.0918039, 0.0965686, -0.0197221, -0.223535, -0.445113, -0.0244796, 0.573097, -0.153107, 0.359417,
  -0.106771, -0.0950041,
];
