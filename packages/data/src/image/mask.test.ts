import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, gradient, png } from '../testkit/build-image.ts';
import { buildIndexPng, buildPng } from '../testkit/build-png.ts';
import { drawRegions } from './draw-regions.ts';
import { decodeMask, encodeMask, resizeMask } from './mask.ts';

test('of a palette the indices count, not the colours', async () => {
  const values = Uint8Array.from({ length: 12 }, (_, i) => [0, 1, 2, 20, 255][i % 5]!);
  const mask = await decodeMask(buildIndexPng(3, 4, values));
  assert.deepEqual(mask, { height: 3, width: 4, data: values });
});

for (const bits of [1, 2, 4, 8] as const) {
  test(`values of ${bits} bits are kept, grey or of a palette`, async () => {
    const values = Uint8Array.from({ length: 5 * 7 }, (_, i) => (i * 3) % 2 ** bits);
    const palette = Array.from({ length: 3 * 2 ** bits }, (_, i) => (i * 71) % 256);
    const shape = { height: 5, width: 7, bits, values };
    assert.deepEqual((await decodeMask(buildPng({ ...shape, kind: 'grey' }))).data, values);
    assert.deepEqual((await decodeMask(buildPng({ ...shape, kind: 'palette', palette }))).data, values);
  });
}

test('gamma and transparent colours do not change values', async () => {
  const gamma = Buffer.alloc(4);
  gamma.writeUInt32BE(22_222);
  const values = Uint8Array.of(0, 7, 100, 255);
  const chunks: [string, Uint8Array][] = [
    ['gAMA', gamma],
    ['tRNS', Buffer.from([0, 7])],
  ];
  const file = buildPng({ height: 2, width: 2, kind: 'grey', bits: 8, values, chunks });
  assert.deepEqual((await decodeMask(file)).data, values);
});

test('grey saved as red, green and blue is read as grey', async () => {
  const values = Uint8Array.of(0, 0, 0, 3, 3, 3, 9, 9, 9, 200, 200, 200);
  const mask = await decodeMask(buildPng({ height: 2, width: 2, kind: 'colour', bits: 8, values }));
  assert.deepEqual([...mask.data], [0, 3, 9, 200]);
});

test('what is no mask is refused, saying why', async () => {
  const colours = await png(gradient(4, 4));
  await assert.rejects(decodeMask(colours), /picture in colours/);
  await assert.rejects(decodeMask(await encode(gradient(4, 4)).jpeg().toBuffer()), /no PNG/);
  const deep = buildPng({ height: 1, width: 1, kind: 'grey', bits: 16, values: [300] });
  await assert.rejects(decodeMask(deep), /16 bits/);
  await assert.rejects(decodeMask(buildIndexPng(4, 4, []).subarray(0, -20)), /cut short|damaged|end|IDAT/i);
  const huge = buildPng({ height: 1, width: 1, kind: 'grey', bits: 8, values: [1] });
  huge.writeUInt32BE(100_000, 16);
  await assert.rejects(decodeMask(huge));
});

test('a packed mask is the mask, and in another size takes the nearest values', async () => {
  const mask = { height: 2, width: 3, data: Uint8Array.of(0, 1, 2, 253, 254, 255) };
  assert.deepEqual(await decodeMask(await encodeMask(mask)), mask);
  const larger = resizeMask(mask, { height: 4, width: 6 });
  assert.deepEqual([...larger.data.subarray(0, 12)], [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
  assert.deepEqual([...resizeMask(larger, { height: 2, width: 3 }).data], [...mask.data]);
});

const rowsOf = (data: Uint8Array, width: number) =>
  Array.from({ length: data.length / width }, (_, y) => [...data.subarray(y * width, (y + 1) * width)].join(''));

test('a polygon covers the pixels whose middle is inside, and a later one covers an earlier one', () => {
  const square = { value: 1, polygons: [[1, 1, 4, 1, 4, 4, 1, 4]] };
  const triangle = { value: 2, polygons: [[0, 0, 6, 0, 0, 6]] };
  assert.deepEqual(rowsOf(drawRegions([square], { height: 5, width: 6 }).data, 6), [
    '000000',
    '011100',
    '011100',
    '011100',
    '000000',
  ]);
  const both = drawRegions([triangle, square], { height: 5, width: 6 }).data;
  assert.deepEqual(rowsOf(both, 6), ['222220', '211100', '211100', '211100', '200000']);
});

test('holes by the even-odd rule, parts outside of the image, and runs down the columns', () => {
  const star = { value: 3, polygons: [[-5, -5, 10, -5, 10, 10, -5, 10]] };
  assert.ok(drawRegions([star], { height: 3, width: 3 }).data.every((value) => value === 3));
  const runs = { value: 4, runs: [1, 2, 3, 100] };
  assert.deepEqual(rowsOf(drawRegions([runs], { height: 3, width: 3 }).data, 3), ['004', '404', '404']);
});

test('shapes that would take for ever are refused', () => {
  const polygons = [Array.from({ length: 2_000_000 }, (_, i) => i % 1000)];
  assert.throws(() => drawRegions([{ value: 1, polygons }], { height: 1000, width: 10 }), /too many corners/);
});
