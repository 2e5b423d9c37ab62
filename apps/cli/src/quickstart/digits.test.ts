import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { extract } from 'tar-stream';
import { readDigits } from './digit-datasets.ts';
import { countDigits, cropDigits, type DigitSet, imageAt, shrinkDigits } from './digit-set.ts';
import { drawDigit } from './draw-digit.ts';
import { packIdxArchive } from './idx-archive.ts';
import { readMnistDigits } from './mnist-digits.ts';
import { parseDigits } from './uci-digits.ts';

test('the mnist package holds 10,000 digits, which split into 8,500 and 1,500 with all classes in each', async () => {
  const { train, test: held } = await readMnistDigits();
  assert.deepEqual([countDigits(train), countDigits(held)], [8500, 1500]);
  assert.equal(train.pixels.length, 8500 * 28 * 28);
  assert.deepEqual([...train.labels.subarray(0, 10)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(new Set(held.labels).size, 10);
  // A 1 is a narrow stroke: less ink than any other digit.
  const inks = new Float64Array(10);
  for (const [index, digit] of train.labels.entries()) {
    inks[digit] = (inks[digit] ?? 0) + imageAt(train, index).reduce((sum, value) => sum + value, 0);
  }
  assert.equal(inks.indexOf(Math.min(...inks)), 1);
});

test('lines of the UCI file become images scaled to 255, and their digits', () => {
  const lines = ['0,16,8', '4,0,0'].map((start, index) => `${start}${',0'.repeat(61)},${index + 7}`);
  const { size, pixels, labels } = parseDigits(`${lines.join('\n')}\n`);
  assert.equal(size, 8);
  assert.deepEqual([...pixels.subarray(0, 4)], [0, 255, 128, 0]);
  assert.deepEqual([...pixels.subarray(64, 67)], [64, 0, 0]);
  assert.deepEqual([...labels], [7, 8]);
  assert.throws(() => parseDigits('1,2,3'), /Line 1 of the digits has 3 values/);
});

test('without Python, digits that pretraining does not see stand in, and a line says so', async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'scion-digits-'));
  const { PATH } = process.env;
  t.after(async () => {
    process.env['PATH'] = PATH;
    await rm(cacheDir, { recursive: true });
  });
  process.env['PATH'] = cacheDir;
  const notes: string[] = [];
  const { many, few } = await readDigits({ cacheDir, onNote: (line) => void notes.push(line) });
  assert.match(notes.join(), /could not be fetched \(there is no python3\)/);
  assert.deepEqual([countDigits(many.splits.train), many.splits.train.size], [8500, 28]);
  assert.deepEqual([countDigits(few.splits.train), countDigits(few.splits.test), few.splits.train.size], [1000, 500, 8]);
});

test('cropping keeps the middle of each image', () => {
  const pixels = Uint8Array.from({ length: 2 * 16 }, (_, index) => index);
  const { size, pixels: inner } = cropDigits({ size: 4, pixels, labels: new Uint8Array([1, 2]) }, 1);
  assert.equal(size, 2);
  assert.deepEqual([...inner], [5, 6, 9, 10, 21, 22, 25, 26]);
});

test('shrinking keeps the mean and where things are', () => {
  const size = 28;
  const pixels = Uint8Array.from({ length: size * size }, (_, index) => (index % size < size / 2 ? 200 : 0));
  const small = shrinkDigits({ size, pixels, labels: new Uint8Array([3]) }, 8);
  assert.equal(small.pixels.length, 64);
  assert.deepEqual([...small.pixels.subarray(0, 8)], [200, 200, 200, 200, 0, 0, 0, 0]);
  assert.equal(meanOf([...small.pixels]), meanOf([...pixels]));
});

test('an archive holds the four idx files, and the same digits give the same bytes', async () => {
  const digits: DigitSet = { size: 2, pixels: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), labels: new Uint8Array([9, 0]) };
  const archive = await packIdxArchive({ train: digits, test: digits });
  assert.deepEqual(archive, await packIdxArchive({ train: digits, test: digits }));
  const files = new Map<string, Buffer>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    files.set(entry.header.name, Buffer.from(await text(entry.setEncoding('latin1')), 'latin1'));
  }
  assert.deepEqual(
    [...files.keys()],
    ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
  );
  assert.deepEqual(
    [...(files.get('train-images-idx3-ubyte') ?? [])],
    [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual([...(files.get('train-labels-idx1-ubyte') ?? [])], [0, 0, 8, 1, 0, 0, 0, 2, 9, 0]);
});

test('an image is drawn with two characters to a pixel', () => {
  assert.deepEqual(drawDigit(new Uint8Array([0, 255, 130, 60]), 2), ['  ██', '▒▒░░']);
});

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
