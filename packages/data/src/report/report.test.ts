import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatasetReport } from '@scion/schema';
import sharp from 'sharp';
import { buildTar } from '../testkit/build-archive.ts';
import { encode, gradient, greyGradient, jpeg, plain, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

const report = async (files: Record<string, Buffer | string>): Promise<DatasetReport> =>
  (await packUpload(await buildTar(files))).report;
const issuesOf = ({ issues }: DatasetReport) => issues.map(({ code, severity, split, path }) => [code, severity, split, path]);

/** A picture with structure on all scales, as photos have; `seed` makes others. */
async function photo(seed: number, side = 96): Promise<Buffer> {
  const noise = Uint8Array.from({ length: 6 * 6 * 3 }, (_, i) => ((i + 1) * (seed + 3) * 2654435761) >>> 24);
  return sharp(noise, { raw: { width: 6, height: 6, channels: 3 } })
    .resize(side, side, { kernel: 'cubic' })
    .png()
    .toBuffer();
}

test('sizes and channels of each split, and what was skipped', async () => {
  const { statistics } = await report({
    'train/a/1.png': await png(gradient(10, 20, 1)),
    'train/a/2.png': await png(gradient(30, 40, 2)),
    'train/a/3.png': await png(greyGradient(50, 5)),
    'train/a/4.png': 'no image',
    'val/a/1.png': await png(gradient(7, 7, 3)),
  });
  assert.deepEqual(statistics?.images, {
    train: { height: { min: 10, median: 30, max: 50 }, width: { min: 5, median: 20, max: 40 }, grey: 1, colour: 2 },
    val: { height: { min: 7, median: 7, max: 7 }, width: { min: 7, median: 7, max: 7 }, grey: 0, colour: 1 },
  });
  assert.equal(statistics?.skipped, 1);
});

test('the same pixels are found whatever the encoding, worst across splits and under two labels', async () => {
  const [first, second, third] = [gradient(8, 8, 1), gradient(8, 8, 2), gradient(8, 8, 3)];
  const found = await report({
    'train/a/1.png': await png(first),
    'train/a/1-again.png': await encode(first).png({ compressionLevel: 0 }).toBuffer(),
    'train/a/2.png': await png(second),
    'train/b/2.webp': await encode(second).webp({ lossless: true }).toBuffer(),
    'train/b/3.png': await png(third),
    'test/b/3.png': await png(third),
    'test/a/4.png': await png(plain(8, 8, [9, 8, 7])),
  });
  assert.deepEqual(found.statistics?.duplicates, { exact: 3, near: 0, acrossSplits: 1 });
  assert.deepEqual(
    issuesOf(found).filter(([code]) => String(code).includes('duplicate')),
    [
      ['duplicate', 'info', 'train', 'train/a/1.png'],
      ['duplicate-labels-differ', 'warning', 'train', 'train/b/2.webp'],
      ['duplicate-across-splits', 'warning', 'test', 'test/b/3.png'],
    ],
  );
  const across = found.issues.find(({ code }) => code === 'duplicate-across-splits');
  assert.equal(across?.message, 'It has the same pixels as train/b/3.png of train');
});

test('a picture saved again as JPEG, made smaller or a little brighter is found; other pictures are not', async () => {
  const files: Record<string, Buffer> = {};
  for (let seed = 0; seed < 30; seed++) files[`train/a/${seed}.png`] = await photo(seed);
  const original = await photo(7);
  files['test/a/jpeg.jpg'] = await sharp(original).jpeg({ quality: 75 }).toBuffer();
  files['test/a/smaller.png'] = await sharp(original).resize(64, 64).png().toBuffer();
  files['test/a/brighter.png'] = await sharp(original).linear(1, 2).png().toBuffer();
  files['test/a/other.png'] = await photo(1000);
  const found = await report(files);
  assert.deepEqual(found.statistics?.duplicates, { exact: 0, near: 3, acrossSplits: 3 });
  const near = found.issues.filter(({ code }) => code === 'near-duplicate-across-splits');
  assert.deepEqual(near.map(({ path }) => path).sort(), ['test/a/brighter.png', 'test/a/jpeg.jpg', 'test/a/smaller.png']);
  for (const { message } of near) assert.equal(message, 'It looks like train/a/7.png of train');
});

test('flat images are no near duplicates of each other', async () => {
  const files = Object.fromEntries(
    await Promise.all(
      Array.from({ length: 5 }, async (_, i) => [`a/${i}.png`, await png(plain(20, 20, [i * 9, 0, 0]))] as const),
    ),
  );
  assert.deepEqual((await report(files)).statistics?.duplicates, { exact: 0, near: 0, acrossSplits: 0 });
});

test('a list of duplicates is cut, and its total told', async () => {
  const same = await jpeg(gradient(8, 8));
  const found = await report(Object.fromEntries(Array.from({ length: 151 }, (_, i) => [`a/${i}.jpg`, same])));
  assert.equal(found.statistics?.duplicates.exact, 150);
  const listed = found.issues.filter(({ code }) => code === 'duplicate');
  assert.equal(listed.length, 101);
  assert.equal(listed.at(-1)?.message, '50 more of this kind are not listed');
  assert.equal(found.statistics?.issues['duplicate'], 150);
});

test('imbalance, and classes that stand in one split only', async () => {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < 20; i++) files[`train/often/${i}.png`] = await png(gradient(4, 4, i));
  files['train/seldom/1.png'] = await png(gradient(4, 4, 30));
  for (let i = 0; i < 3; i++) files[`test/often/${i}.png`] = await png(gradient(4, 4, 40 + i));
  const found = await report(files);
  const relevant = found.issues.filter(({ code }) => code.startsWith('class-'));
  assert.deepEqual(
    relevant.map(({ code, severity, split, message }) => [code, severity, split, message]),
    [
      ['class-imbalance', 'warning', 'train', '"often" has 20 examples, "seldom" only 1'],
      ['class-in-one-split', 'warning', 'train', 'The class "seldom" has examples in train only'],
    ],
  );
});
