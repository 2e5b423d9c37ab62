/** Packs the real data sets that stand beside the repository on some machines. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { buildTar } from './testkit/build-archive.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';

const shared = resolve(import.meta.dirname, '../../../../shared/data');
const { packUpload } = await createPackingPlace();

function sharedTest(name: string, path: string, body: () => Promise<void>): void {
  test(name, { skip: !existsSync(join(shared, path)) && `skipped: no ../shared/data/${path}` }, body);
}

/** A tar of a folder's files, all inside one folder of the name `inside`. */
async function tarOfFolder(folder: string, inside: string, wanted: (name: string) => boolean): Promise<Buffer> {
  const names = (await readdir(join(shared, folder))).filter(wanted);
  return buildTar(
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [`${inside}/${name}`, await readFile(join(shared, folder, name))])),
    ),
  );
}

/** Mean and standard deviation of all pixels over 255. */
function statistics(pixels: Uint8Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (const value of pixels) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / pixels.length;
  return { mean: mean / 255, deviation: Math.sqrt(squares / pixels.length - mean * mean) / 255 };
}

function assertClose(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

sharedTest('the CIFAR-10 subset in the folder of the official archive', 'cifar10/subset', async () => {
  const { report, dataset } = await packUpload(await tarOfFolder('cifar10/subset', 'cifar-10-batches-bin', () => true));
  const names = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
  assert.deepEqual([report.format, report.classNames, report.example.shape], ['cifar', names, [32, 32, 3]]);
  assert.deepEqual(report.splits, {
    train: { examples: 5000, labelled: 5000, classes: Object.fromEntries(names.map((name) => [name, 500])) },
    test: { examples: 1000, labelled: 1000, classes: Object.fromEntries(names.map((name) => [name, 100])) },
  });
  const train = dataset.split('train');
  const pixels = new Uint8Array(5000 * 3072);
  await train.read(
    train.labels.map((_, i) => i),
    pixels,
  );
  // The whole training set has means .4913 .4821 .4465.
  for (const [channel, mean] of [0.4913, 0.4821, 0.4465].entries()) {
    assertClose(statistics(pixels.filter((_, i) => i % 3 === channel)).mean, mean, 0.01);
  }
});

sharedTest('60,000 JPEGs of CIFAR-10 in a tar.gz', 'cifar10/cifar10-images.tar.gz', async () => {
  const uploadPath = join(shared, 'cifar10/cifar10-images.tar.gz');
  const { report, dataset } = await packUpload(Buffer.alloc(0), { uploadPath });
  const issues = report.issues.filter(({ code }) => !code.startsWith('near-duplicate'));
  assert.deepEqual([report.format, report.example.shape, issues], ['image-folder', [32, 32, 3], []]);
  assert.deepEqual(report.statistics?.duplicates, { exact: 0, near: 2, acrossSplits: 1 });
  assert.equal(report.classNames.length, 10);
  for (const name of report.classNames) {
    assert.equal(report.splits.train!.classes[name], 5000);
    assert.equal(report.splits.test!.classes[name], 1000);
  }
  assert.deepEqual((await dataset.split('test').readSources())[1001], { path: 'test/automobile/0001.jpg', row: null });
});

const idxSets = [
  {
    name: 'mnist',
    train: 60_000,
    test: 10_000,
    shape: [28, 28, 1],
    firstLabels: [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
    mean: 0.1307,
    deviation: 0.3081,
  },
  {
    name: 'fashion-mnist',
    train: 60_000,
    test: 10_000,
    shape: [28, 28, 1],
    firstLabels: [9, 0, 0, 3, 0],
    mean: 0.28604,
    deviation: 0.35302,
  },
  { name: 'usps', train: 7291, test: 2007, shape: [16, 16, 1], firstLabels: [6, 5, 4], mean: null, deviation: null },
];
for (const set of idxSets) {
  sharedTest(`${set.name} in idx files`, set.name, async () => {
    const { report, dataset } = await packUpload(await tarOfFolder(set.name, set.name, (name) => name.endsWith('.gz')));
    assert.deepEqual([report.format, report.example.shape, report.classNames], ['idx', set.shape, [...'0123456789']]);
    assert.deepEqual([report.splits.train!.examples, report.splits.test!.examples], [set.train, set.test]);
    const train = dataset.split('train');
    assert.deepEqual([...train.labels.subarray(0, set.firstLabels.length)], set.firstLabels);
    if (set.mean === null) return;
    const pixels = new Uint8Array(set.train * 784);
    await train.read(
      train.labels.map((_, i) => i),
      pixels,
    );
    const { mean, deviation } = statistics(pixels);
    assertClose(mean, set.mean, 1e-4);
    assertClose(deviation, set.deviation, 1e-4);
  });
}

sharedTest('the USPS class counts are the published ones', 'usps', async () => {
  const { report } = await packUpload(await tarOfFolder('usps', 'usps', (name) => name.endsWith('.gz')));
  assert.deepEqual(Object.values(report.splits.train!.classes), [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]);
});

sharedTest('ants and bees: photos of many sizes, with a placeholder among them', 'hymenoptera', async () => {
  const { report, dataset } = await packUpload(await readFile(join(shared, 'hymenoptera/hymenoptera_data.zip')));
  assert.deepEqual(report.splits, {
    train: { examples: 245, labelled: 245, classes: { ants: 124, bees: 121 } },
    val: { examples: 153, labelled: 153, classes: { ants: 70, bees: 83 } },
  });
  assert.deepEqual(report.example.shape, [null, null, 3]);
  assert.deepEqual(
    report.issues.map(({ code, severity, split, path }) => [code, severity, split, path]),
    [['image-encoding-odd', 'warning', 'train', 'hymenoptera_data/train/ants/imageNotFound.gif']],
  );
  const out = new Uint8Array(20 * 64 * 64 * 3);
  await dataset.split('val').read(
    Array.from({ length: 20 }, (_, i) => i * 7),
    out,
    { height: 64, width: 64 },
  );
  const { mean, deviation } = statistics(out);
  assertClose(mean, 0.45, 0.15);
  assert.ok(deviation > 0.15);
});

sharedTest('the scikit-learn digits in an npz', 'sklearn_digits', async () => {
  const uploadPath = join(shared, 'sklearn_digits/digits.npz');
  const { report, dataset } = await packUpload(Buffer.alloc(0), { uploadPath, fileName: 'digits.npz' });
  assert.deepEqual([report.format, report.example.shape, report.classNames], ['npz', [8, 8, 1], [...'0123456789']]);
  // The published class counts.
  assert.deepEqual(Object.values(report.splits.train!.classes), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  const pixels = new Uint8Array(64);
  await dataset.split('train').read([0], pixels);
  assert.deepEqual([...pixels.subarray(0, 8)], [0, 0, 5, 13, 9, 1, 0, 0]);
});

sharedTest('Omniglot characters in folders of alphabets', 'omniglot', async () => {
  const uploadPath = join(shared, 'omniglot/images_background_small1.zip');
  const { report } = await packUpload(Buffer.alloc(0), { uploadPath });
  assert.deepEqual([report.format, report.example.shape, report.classNames.length], ['image-folder', [105, 105, 1], 5]);
  assert.equal(report.splits.train!.examples, 2720);
});
