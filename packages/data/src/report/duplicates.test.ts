import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findExactDuplicates, findNearDuplicates } from './duplicates.ts';
import { drawMiniature, miniatureBytes } from './fingerprint.ts';

test('equal hashes are paired with the first of their kind', () => {
  const words = new Uint32Array([1, 1, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1]);
  assert.deepEqual(findExactDuplicates(words, 2), [
    { original: 0, copy: 2 },
    { original: 1, copy: 4 },
    { original: 0, copy: 5 },
  ]);
});

test('a miniature holds the averages of the image', () => {
  const [height, width] = [32, 34];
  const data = Uint8Array.from({ length: height * width }, (_, i) => Math.floor((i % width) / 2) * 10 + (i % 2));
  const miniature = drawMiniature({ height, width, channels: 1, data });
  for (const [i, value] of miniature.entries()) assert.ok(Math.abs(value - ((i % 17) * 10 + 0.5)) <= 0.5, `${i}: ${value}`);
});

test('60,000 images without copies are compared in little time: work grows with their number, not its square', () => {
  const count = 60_000;
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  // Blank margins, as digits have: most bands of the hash are equal everywhere.
  const miniatures = Uint8Array.from({ length: count * miniatureBytes }, (_, i) => {
    const row = Math.floor((i % miniatureBytes) / 17);
    return row >= 6 && row < 10 ? random() : 0;
  });
  miniatures.copyWithin(59_999 * miniatureBytes, 5 * miniatureBytes, 6 * miniatureBytes);
  assert.deepEqual(
    findNearDuplicates(miniatures, () => false),
    [{ original: 5, copy: 59_999 }],
  );
});
