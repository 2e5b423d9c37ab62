import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import type { Pixels } from '../image/pixels.ts';
import { packDataset } from '../pack/pack-dataset.ts';
import { buildTar, buildTarGz, buildZip } from '../testkit/build-archive.ts';
import { encode, gradient, greyGradient, jpeg, plain, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload, request, root } = await createPackingPlace();

async function packImages(files: Record<string, Uint8Array | string>) {
  return packUpload(await buildZip(files));
}

/** The one image of a data set of one image. */
async function roundTrip(encoded: Uint8Array): Promise<Pixels> {
  const { dataset } = await packImages({ 'x.png': encoded });
  const train = dataset.split('train');
  const [height, width, channels] = train.shape;
  assert.ok(height !== null && width !== null);
  const data = new Uint8Array(height * width * channels);
  await train.read([0], data);
  return { height, width, channels, data };
}

test('splits and classes come from the folders, pixels exactly from the files, in an order that no packer decides', async () => {
  const pixels = [gradient(6, 5, 1), gradient(6, 5, 2), gradient(6, 5, 3), gradient(6, 5, 4)] as const;
  const [a, b, c, d] = await Promise.all(pixels.map(png));
  const files = { 'test/dog/d.png': d!, 'train/dog/a.png': c!, 'train/cat/b.png': b!, 'train/cat/a.png': a! };
  for (const upload of [await buildZip(files), await buildTar(files), await buildTarGz(files)]) {
    const { report, dataset } = await packUpload(upload);
    assert.equal(report.format, 'image-folder');
    assert.deepEqual(report.classNames, ['cat', 'dog']);
    assert.deepEqual(report.splits, {
      train: { examples: 3, labelled: 3, classes: { cat: 2, dog: 1 } },
      test: { examples: 1, labelled: 1, classes: { cat: 0, dog: 1 } },
    });
    assert.deepEqual(report.example.shape, [6, 5, 3]);
    assert.deepEqual(report.issues, []);
    const train = dataset.split('train');
    assert.deepEqual([...train.labels], [0, 0, 1]);
    assert.deepEqual(await train.readSources(), [
      { path: 'train/cat/a.png', row: null },
      { path: 'train/cat/b.png', row: null },
      { path: 'train/dog/a.png', row: null },
    ]);
    const out = new Uint8Array(3 * 6 * 5 * 3);
    await train.read([0, 1, 2], out);
    assert.deepEqual(out, new Uint8Array(Buffer.concat(pixels.slice(0, 3).map(({ data }) => data))));
  }
});

test('files that cannot be decoded are left out and named', async () => {
  const good = await png(gradient(40, 40));
  const { report } = await packImages({
    'cat/cut.png': good.subarray(0, good.length >> 1),
    'cat/good.png': good,
    'cat/table.xls': 'no image at all',
    'cat/drawing.png': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    'cat/notes.txt': 'passed over',
    'dog/cut.jpg': (await jpeg(gradient(40, 40))).subarray(0, 400),
  });
  assert.deepEqual(report.splits.train, { examples: 1, labelled: 1, classes: { cat: 1, dog: 0 } });
  assert.deepEqual(
    report.issues.map(({ code, severity, split, path }) => [code, severity, split, path]),
    [
      ['image-corrupt', 'warning', 'train', 'cat/cut.png'],
      ['not-an-image', 'warning', 'train', 'cat/drawing.png'],
      ['not-an-image', 'warning', 'train', 'cat/table.xls'],
      ['image-corrupt', 'warning', 'train', 'dog/cut.jpg'],
      ['class-without-examples', 'warning', 'train', null],
    ],
  );
});

test('with the policy fail, the first file that cannot be used refuses the data set by name', async () => {
  const good = await png(gradient(40, 40));
  const files = { 'cat/cut.png': good.subarray(0, good.length >> 1), 'cat/good.png': good, 'dog/none.png': 'no image' };
  await assert.rejects(packUpload(await buildZip(files), { options: { policy: 'fail' } }), {
    code: 'dataInvalid',
    message: /^cat\/cut\.png: The image cannot be decoded: /,
  });
});

test('a folder is read as an archive of it would be, with labelled and unlabelled images side by side', async () => {
  const folder = await mkdtemp(join(root, 'folder-'));
  const image = await png(gradient(4, 4));
  const files = ['Training/cat/1.png', 'Training/2.png', 'validation/cat/3.png', 'validation/.cache/4.png', '.DS_Store'];
  for (const path of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), image);
  }
  const { report, dataset } = await packUpload(Buffer.alloc(0), { uploadPath: folder, fileName: 'photos' });
  assert.deepEqual(report.splits, {
    train: { examples: 2, labelled: 1, classes: { cat: 1 } },
    val: { examples: 1, labelled: 1, classes: { cat: 1 } },
  });
  assert.deepEqual(
    (await dataset.split('train').readSources()).map(({ path }) => path),
    ['Training/2.png', 'Training/cat/1.png'],
  );
  assert.match(report.sha256, /^[0-9a-f]{64}$/);
});

test('one image alone is a data set of one', async () => {
  const { report } = await packUpload(await png(gradient(4, 4)), { fileName: 'photo.png' });
  assert.deepEqual([report.format, report.splits.train!.examples], ['image-folder', 1]);
});

test('a split of which nothing is usable is reported and left out', async () => {
  const { report } = await packImages({ 'train/a/1.png': await png(gradient(4, 4)), 'val/a/1.png': 'broken' });
  assert.deepEqual(Object.keys(report.splits), ['train']);
  assert.deepEqual(
    report.issues.map(({ code, split }) => [code, split]),
    [
      ['not-an-image', 'val'],
      ['split-empty', 'val'],
    ],
  );
});

test('an upload of which nothing is usable is refused, naming the files', async () => {
  await assert.rejects(packImages({ 'cat/1.png': 'broken', 'cat/2.jpg': 'broken' }), {
    code: 'dataInvalid',
    details: [
      { path: 'cat/1.png', message: 'This is not a JPEG, PNG, WebP or GIF image; left out' },
      { path: 'cat/2.jpg', message: 'This is not a JPEG, PNG, WebP or GIF image; left out' },
    ],
  });
});

test('hundreds of bad files give a report that one can read', async () => {
  const broken = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a/${i}.png`, 'broken']));
  const { report } = await packImages({ ...broken, 'b/good.png': await png(gradient(4, 4)) });
  const notAnImage = report.issues.filter(({ code }) => code === 'not-an-image');
  assert.equal(notAnImage.length, 101);
  assert.match(notAnImage.at(-1)!.message, /^200 more/);
});

test('images without class folders are unlabelled', async () => {
  const { report, dataset } = await packImages({ 'p/1.png': await png(gradient(4, 4)), 'p/2.png': await png(gradient(4, 4, 1)) });
  assert.deepEqual(report.splits, { train: { examples: 2, labelled: 0, classes: {} } });
  assert.deepEqual([...dataset.split('train').labels], [-1, -1]);
  assert.deepEqual(
    report.issues.map(({ code, severity }) => [code, severity]),
    [['no-labels', 'info']],
  );
});

test('one channel where all images are grey, however they are stored; three as soon as one has colour', async () => {
  const grey = greyGradient(5, 4);
  const asColour = { ...gradient(5, 4), data: Uint8Array.from([...grey.data].flatMap((value) => [value, value, value])) };
  const files = { 'train/a/1.png': await png(grey), 'train/b/1.png': await png(asColour), 'test/a/1.png': await png(grey) };
  const allGrey = await packImages(files);
  assert.deepEqual(allGrey.report.example.shape, [5, 4, 1]);
  const narrow = new Uint8Array(2 * 20);
  await allGrey.dataset.split('train').read([0, 1], narrow);
  assert.deepEqual([...narrow], [...grey.data, ...grey.data]);

  const coloured = gradient(5, 4);
  const mixed = await packImages({ ...files, 'test/b/2.png': await png(coloured) });
  assert.deepEqual(mixed.report.example.shape, [5, 4, 3]);
  const wide = new Uint8Array(2 * 60);
  await mixed.dataset.split('train').read([1, 0], wide);
  assert.deepEqual([...wide], [...asColour.data, ...asColour.data]);
  await mixed.dataset.split('test').read([0, 1], wide);
  assert.deepEqual([...wide], [...asColour.data, ...coloured.data]);
});

test('transparency is laid over white', async () => {
  const transparentRed = { height: 3, width: 3, channels: 4 as const };
  const data = Uint8Array.from({ length: 36 }, (_, i) => [255, 0, 0, 51][i % 4]!);
  const { data: read } = await roundTrip(await sharp(data, { raw: transparentRed }).png().toBuffer());
  assert.deepEqual([...read.subarray(0, 3)], [255, 204, 204]);
});

test('sixteen bits become eight', async () => {
  const sixteen = Uint16Array.from({ length: 48 }, (_, i) => i * 5 * 257);
  const encoded = await sharp(sixteen, { raw: { height: 4, width: 4, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  assert.equal((await sharp(encoded).metadata()).depth, 'ushort');
  assert.deepEqual(
    [...(await roundTrip(encoded)).data],
    Array.from({ length: 48 }, (_, i) => i * 5),
  );
});

test('a palette gives its colours, CMYK becomes RGB', async () => {
  const palette = await roundTrip(
    await encode(plain(4, 4, [200, 10, 30]))
      .png({ palette: true })
      .toBuffer(),
  );
  assert.deepEqual([...palette.data.subarray(0, 3)], [200, 10, 30]);
  const cmyk = await roundTrip(
    await encode(plain(16, 16, [200, 40, 60]))
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer(),
  );
  const [red = 0, green = 0, blue = 0] = cmyk.data;
  assert.ok(Math.abs(red - 200) < 25 && Math.abs(green - 40) < 25 && Math.abs(blue - 60) < 25, `${red} ${green} ${blue}`);
});

test('images are turned upright as EXIF says', async () => {
  const twoColours = { ...plain(8, 16, [255, 255, 255]) };
  twoColours.data.fill(0, 0, 4 * 16 * 3); // The upper half is black.
  const encoded = await encode(twoColours).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer();
  const upright = await roundTrip(encoded);
  assert.deepEqual([upright.height, upright.width, upright.channels], [16, 8, 1]);
  // Orientation 6 is turned by 90 degrees clockwise: what was above is on the right.
  assert.ok(upright.data[0]! > 240 && upright.data[7]! < 15);
});

test('images of several sizes keep their encoding and are read at the size asked for', async () => {
  const { report, dataset, outDir } = await packImages({
    'train/a/1.png': await png(plain(10, 20, [10, 20, 30])),
    'train/a/2.png': await png(plain(30, 12, [40, 50, 60])),
    'train/b/3.png': await png(plain(8, 8, [70, 80, 90])),
    'val/b/4.png': await png(plain(8, 8, [1, 2, 3])),
  });
  assert.deepEqual(report.example.shape, [null, null, 3]);
  const train = dataset.split('train');
  const out = new Uint8Array(3 * 8 * 6 * 3);
  for (const time of ['decoded', 'from memory']) {
    out.fill(0);
    await train.read([2, 0, 1], out, { height: 8, width: 6 });
    const corners = [0, 1, 2].flatMap((i) => [...out.subarray(i * 144, i * 144 + 3)]);
    assert.deepEqual(corners, [70, 80, 90, 10, 20, 30, 40, 50, 60], time);
  }
  await assert.rejects(train.read([0], out), { code: 'specInvalid', message: /differ in size/ });
  assert.deepEqual((await readdir(outDir)).sort(), [
    ...['0.images-0000.bin', '0.labels.i32', '0.names.jsonl', '0.offsets.f64', '0.sizes.i32'],
    ...['1.images-0000.bin', '1.labels.i32', '1.names.jsonl', '1.offsets.f64', '1.sizes.i32', 'packed.json'],
  ]);
});

test('a file of another encoding among many is pointed out', async () => {
  const photo = await jpeg(gradient(8, 8));
  const photos = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`a/${i}.jpg`, photo]));
  const { report } = await packImages({ ...photos, 'b/notFound.gif': await encode(gradient(8, 8)).gif().toBuffer() });
  assert.equal(report.splits.train!.examples, 121);
  const odd = report.issues.filter(({ code }) => code === 'image-encoding-odd');
  assert.deepEqual(
    odd.map(({ path }) => path),
    ['b/notFound.gif'],
  );
  assert.match(odd[0]!.message, /GIF among 120 JPEG/);
});

test('an archive of something else is refused, saying what it holds and what is known', async () => {
  await assert.rejects(packDataset(await request(await buildZip({ 'sales.xlsx': 'x' }))), {
    code: 'formatUnknown',
    message: /It holds sales\.xlsx\. Known are cifar: .*idx: .*image-folder: /,
  });
  await assert.rejects(packDataset({ ...(await request(await buildZip({ 'a.png': 'x' }))), format: 'hdf5' }), {
    code: 'formatUnknown',
    message: /no format "hdf5"/,
  });
});
