import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatasetReport, datasetFiles, PreviewFile } from '@scion/schema';
import { decodePixels } from '../image/decoder.ts';
import { writePreview } from '../preview/write-preview.ts';
import { buildTar, buildZip, type Files } from '../testkit/build-archive.ts';
import { gradient, jpeg, plain, png } from '../testkit/build-image.ts';
import { buildIndexPng, buildPng } from '../testkit/build-png.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();
const [height, width] = [4, 6];
const image = (seed: number) => jpeg(gradient(height, width, seed));
const mask = (...values: number[]) =>
  buildIndexPng(
    height,
    width,
    Array.from({ length: height * width }, (_, i) => values[i % values.length]!),
  );

test('images/ and masks/ inside splits, with a list of classes', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      'set/classes.txt': 'sky\nroad\ncar\nvoid\n',
      'set/train/images/1.jpg': await image(1),
      'set/train/images/2.jpg': await image(2),
      'set/train/masks/1.png': mask(0, 1),
      'set/train/masks/2.png': mask(2, 3, 255),
      'set/val/images/3.jpg': await image(3),
      'set/val/masks/3.png': mask(1),
    }),
  );
  DatasetReport.parse(report);
  assert.deepEqual([report.format, report.modality, report.labels, report.issues], ['mask-folder', 'image', ['mask'], []]);
  assert.deepEqual(report.splits.train, { examples: 2, labelled: 2, classes: {} });
  assert.deepEqual(report.maskClasses, [
    { value: 0, name: 'sky' },
    { value: 1, name: 'road' },
    { value: 2, name: 'car' },
  ]);
  assert.deepEqual(report.statistics?.masks, {
    train: { pixels: { sky: 12, road: 12, car: 8 }, ignored: 16 },
    val: { pixels: { sky: 0, road: 24, car: 0 }, ignored: 0 },
  });
  const { masks } = dataset.split('train');
  assert.deepEqual(masks?.classNames, ['sky', 'road', 'car']);
  const out = new Uint8Array(2 * 24);
  await masks!.read([1, 0], out, { height, width });
  assert.deepEqual([...out.subarray(0, 6)], [2, 255, 255, 2, 255, 255]);
  assert.deepEqual([...out.subarray(24, 28)], [0, 1, 0, 1]);
  await assert.rejects(masks!.read([0], out, { height, width }), RangeError);
});

const layouts: Record<string, Files> = {
  'CamVid: train/ beside trainannot/': { 'train/1.png': await png(gradient(height, width)), 'trainannot/1.png': mask(0, 1) },
  'names that end in _mask': { 'photos/1.jpg': await image(1), 'photos/1_mask.png': mask(0, 1) },
  'folders above the splits': { 'images/train/1.jpg': await image(1), 'labels/train/1.png': mask(0, 1) },
  'names that end in a letter in the folder of masks': { 'images/1.jpg': await image(1), 'labels/1_L.png': mask(0, 1) },
  'trimaps inside annotations/': { 'images/1.jpg': await image(1), 'annotations/trimaps/1.png': mask(0, 1) },
};
for (const [what, files] of Object.entries(layouts)) {
  test(`masks are found: ${what}`, async () => {
    const { report } = await packUpload(await buildTar(files));
    assert.deepEqual([report.format, report.labels, report.issues], ['mask-folder', ['mask'], []]);
    assert.deepEqual(report.splits, { train: { examples: 1, labelled: 1, classes: {} } });
    // Without a list, each value is a class.
    assert.deepEqual(report.maskClasses, [
      { value: 0, name: '0' },
      { value: 1, name: '1' },
    ]);
  });
}

test('class folders called like anything else are no masks', async () => {
  const files = { 'mask/1.png': await png(gradient(4, 4, 1)), 'no-mask/2.png': await png(gradient(4, 4, 2)) };
  assert.equal((await packUpload(await buildTar(files))).report.format, 'image-folder');
});

test('classes may be named in the request, and masks of 0 and 255 are of a foreground', async () => {
  const upload = await buildTar({ 'images/1.jpg': await image(1), 'masks/1.png': mask(0, 255) });
  const guessed = await packUpload(upload);
  assert.deepEqual(
    guessed.report.maskClasses?.map(({ name }) => name),
    ['background', 'foreground'],
  );
  const out = new Uint8Array(24);
  await guessed.dataset.split('train').masks!.read([0], out, { height, width });
  assert.deepEqual([...out.subarray(0, 4)], [0, 1, 0, 1]);
  const named = await packUpload(upload, { options: { maskClasses: ['cell', 'unlabelled'] } });
  assert.deepEqual(named.report.maskClasses, [{ value: 0, name: 'cell' }]);
});

test('masks of another size, in colours or without an image, and values without a class are reported by name', async () => {
  const { report } = await packUpload(
    await buildTar({
      'classes.txt': '0 sky\n1 road\n',
      'images/1.jpg': await image(1),
      'images/2.jpg': await image(2),
      'images/3.jpg': await image(3),
      'images/4.jpg': await image(4),
      'masks/1.png': mask(0, 1, 9),
      'masks/2.png': buildPng({ height: 2, width: 2, kind: 'grey', bits: 8, values: [0, 1, 1, 0] }),
      'masks/3.png': await png(plain(height, width, [200, 10, 10])),
      'masks/5.png': mask(0),
    }),
  );
  assert.deepEqual(report.splits.train, { examples: 2, labelled: 1, classes: {} });
  const found = report.issues.map(({ code, path }) => [code, path]);
  assert.deepEqual(found, [
    ['mask-without-image', 'masks/5.png'],
    ['image-without-mask', null],
    ['mask-size-differs', 'images/2.jpg'],
    ['mask-unreadable', 'images/3.jpg'],
    ['mask-value-without-class', 'masks/1.png'],
  ]);
  assert.deepEqual(report.statistics?.masks?.train, { pixels: { sky: 8, road: 8 }, ignored: 8 });
});

test('the preview lays the classes over the images', async () => {
  const files = { 'images/1.png': await png(plain(height, width, [100, 100, 100])), 'masks/1.png': mask(1) };
  const { outDir } = await packUpload(await buildTar({ ...files, 'classes.txt': 'sky\nroad\n' }));
  await writePreview(outDir);
  const { splits } = PreviewFile.parse(JSON.parse(await readFile(join(outDir, datasetFiles.preview), 'utf8')));
  assert.deepEqual(splits[0]!.histogram, []);
  const [example] = splits[0]!.examples;
  const thumbnail = Buffer.from(example!.thumbnail!.replace('data:image/png;base64,', ''), 'base64');
  const [red = 0, green = 0, blue = 0] = (await decodePixels(thumbnail)).data;
  // Half of the grey, half of a saturated colour.
  assert.ok(
    [red, green, blue].some((value) => value > 150) && [red, green, blue].some((value) => value < 60),
    `${red} ${green} ${blue}`,
  );
});
