/** Packs every real data set that stands beside the repository on some machines. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DatasetReport } from '@scion/schema';
import { packDataset } from './pack/pack-dataset.ts';
import { openPacked, type PackedDataset } from './packed/open-packed.ts';
import { openPackedRecordings } from './packed/open-packed-recordings.ts';
import { openPackedTexts } from './packed/open-packed-texts.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';
import { findSharedData, type SharedDataset, sharedDatasets, sharedUpload } from './testkit/shared-datasets.ts';

const shared = findSharedData();
const { root, request } = await createPackingPlace();

async function packShared(set: SharedDataset, folder: string): Promise<{ report: DatasetReport; outDir: string }> {
  const upload = await sharedUpload(set, folder);
  const asked = await request('bytes' in upload ? upload.bytes : Buffer.alloc(0));
  const place = { outDir: join(root, set.name), fileName: upload.fileName, ...('path' in upload && { uploadPath: upload.path }) };
  const report = await packDataset({ ...asked, ...place, options: set.options });
  return { report, outDir: place.outDir };
}

type Packed = { report: DatasetReport; outDir: string };
/** What is known of a set beside its counts: published means and class counts, first labels, a picture looked at. */
const details: Readonly<Record<string, (packed: Packed) => Promise<void>>> = {
  cifar10: async ({ report, outDir }) => {
    assert.deepEqual(report.example.shape, [32, 32, 3]);
    assert.deepEqual(
      report.issues.filter(({ code }) => !code.startsWith('near-duplicate')),
      [],
    );
    // Looked at: the pair across splits shows one photo, saved twice.
    assert.deepEqual(report.statistics?.duplicates, { exact: 0, near: 2, acrossSplits: 1 });
    assertEvenClasses(report, { train: 5000, test: 1000 });
    await reading(outDir, async (dataset) => {
      assert.deepEqual((await dataset.split('test').readSources())[1001], { path: 'test/automobile/0001.jpg', row: null });
    });
  },
  'cifar10-subset': async ({ report, outDir }) => {
    assert.deepEqual(report.classNames, 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '));
    assertEvenClasses(report, { train: 500, test: 100 });
    await reading(outDir, async (dataset) => {
      const pixels = await readAll(dataset, 'train', 3072);
      // The whole training set has means .4913 .4821 .4465.
      for (const [channel, mean] of [0.4913, 0.4821, 0.4465].entries()) {
        assertClose(statistics(pixels.filter((_, i) => i % 3 === channel)).mean, mean, 0.01);
      }
    });
  },
  mnist: (packed) => checkDigits(packed, { firstLabels: [5, 0, 4, 1, 9, 2, 1, 3, 1, 4], mean: 0.1307, deviation: 0.3081 }),
  'fashion-mnist': (packed) => checkDigits(packed, { firstLabels: [9, 0, 0, 3, 0], mean: 0.28604, deviation: 0.35302 }),
  usps: async ({ report, outDir }) => {
    assert.deepEqual(report.example.shape, [16, 16, 1]);
    assert.deepEqual(Object.values(report.splits.train!.classes), [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]);
    await reading(outDir, async (dataset) => {
      assert.deepEqual([...dataset.split('train').labels.subarray(0, 3)], [6, 5, 4]);
    });
  },
  sklearn_digits: async ({ report, outDir }) => {
    assert.deepEqual(Object.values(report.splits.train!.classes), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    await reading(outDir, async (dataset) => {
      const pixels = new Uint8Array(64);
      await dataset.split('train').read([0], pixels);
      assert.deepEqual([...pixels.subarray(0, 8)], [0, 0, 5, 13, 9, 1, 0, 0]);
    });
  },
  fsdd: async ({ report, outDir }) => {
    assert.deepEqual(report.classNames, [...'0123456789']);
    assertEvenClasses(report, { train: 300 });
    const { seconds, sampleRates, channels } = report.statistics!.audio!.train!;
    assert.deepEqual([sampleRates, channels], [{ 8000: 3000 }, { 1: 3000 }]);
    assertClose(seconds.min, 0.14, 0.01);
    assertClose(seconds.max, 2.28, 0.01);
    const dataset = await openPackedRecordings(outDir);
    try {
      const speakers = (await dataset.split('train').readSources()).map(({ group }) => group);
      for (const speaker of ['george', 'jackson', 'lucas', 'nicolas', 'theo', 'yweweler']) {
        assert.equal(speakers.filter((name) => name === speaker).length, 500, speaker);
      }
    } finally {
      await dataset.close();
    }
  },
  banking77: async ({ report, outDir }) => {
    const [train, held] = [report.splits.train!, report.splits.test!];
    assert.deepEqual([Math.min(...Object.values(train.classes)), Math.max(...Object.values(train.classes))], [35, 187]);
    assert.ok(Object.values(held.classes).every((count) => count === 40));
    // Counted by a program in Python, too: after NFKC, in lower case, with single blanks.
    assert.deepEqual(report.statistics!.duplicates, { exact: 0, near: 12, acrossSplits: 7 });
    const dataset = await openPackedTexts(outDir);
    try {
      const split = dataset.split('train');
      assert.deepEqual(await split.read([0]), ['I am still waiting on my card?']);
      assert.equal(split.classNames[split.labels[0]!], 'card_arrival');
    } finally {
      await dataset.close();
    }
  },
  'omniglot-small1': async ({ report }) => assert.deepEqual(report.example.shape, [105, 105, 1]),
  camvid: async ({ report, outDir }) => {
    assert.deepEqual([report.example.shape, report.labels], [[360, 480, 3], ['mask']]);
    const { pixels, ignored } = report.statistics!.masks!.train!;
    const total = 60 * 360 * 480;
    assert.equal(
      Object.values(pixels).reduce((a, b) => a + b, ignored),
      total,
    );
    // Roads and skies fill most of such pictures, signs and cyclists next to nothing.
    assert.ok(
      pixels.road! > 0.15 * total && pixels.sky! > 0.1 * total && pixels.bicyclist! < 0.05 * total,
      JSON.stringify(pixels),
    );
    await reading(outDir, async (dataset) => {
      const labels = new Uint8Array(360 * 480);
      await dataset.split('train').masks!.read([0], labels, { height: 360, width: 480 });
      assert.ok(labels.every((label) => label < 11 || label === 255));
    });
  },
  hymenoptera: async ({ report, outDir }) => {
    assert.deepEqual(report.example.shape, [null, null, 3]);
    assert.deepEqual(
      [report.splits.train!.classes, report.splits.val!.classes],
      [
        { ants: 124, bees: 121 },
        { ants: 70, bees: 83 },
      ],
    );
    assert.equal(report.issues.length, 1);
    await reading(outDir, async (dataset) => {
      const out = new Uint8Array(20 * 64 * 64 * 3);
      const some = Array.from({ length: 20 }, (_, i) => i * 7);
      await dataset.split('val').read(some, out, { height: 64, width: 64 });
      const { mean, deviation } = statistics(out);
      assertClose(mean, 0.45, 0.15);
      assert.ok(deviation > 0.15);
    });
  },
};

for (const set of sharedDatasets) {
  test(`${set.name} has the counts that its README states`, { skip: !shared && 'skipped: no ../shared/data' }, async () => {
    const packed = await packShared(set, shared!);
    const { report } = packed;
    const { format, modality, splits, classes, issues = [] } = set.expect;
    assert.deepEqual([report.format, report.modality], [format, modality]);
    assert.deepEqual(Object.fromEntries(Object.entries(report.splits).map(([split, { examples }]) => [split, examples])), splits);
    assert.equal((report.maskClasses ?? report.classNames).length, classes);
    assert.equal(report.statistics!.skipped, 0);
    for (const { code, path } of issues)
      assert.ok(
        report.issues.some((issue) => issue.code === code && issue.path === path),
        code,
      );
    await details[set.name]?.(packed);
  });
}

async function checkDigits(
  { report, outDir }: Packed,
  known: { firstLabels: number[]; mean: number; deviation: number },
): Promise<void> {
  assert.deepEqual([report.example.shape, report.classNames], [[28, 28, 1], [...'0123456789']]);
  await reading(outDir, async (dataset) => {
    assert.deepEqual([...dataset.split('train').labels.subarray(0, known.firstLabels.length)], known.firstLabels);
    const { mean, deviation } = statistics(await readAll(dataset, 'train', 784));
    assertClose(mean, known.mean, 1e-4);
    assertClose(deviation, known.deviation, 1e-4);
  });
}

async function reading(outDir: string, body: (dataset: PackedDataset) => Promise<void>): Promise<void> {
  const dataset = await openPacked(outDir);
  try {
    await body(dataset);
  } finally {
    await dataset.close();
  }
}

async function readAll(dataset: PackedDataset, name: string, imageBytes: number): Promise<Uint8Array> {
  const split = dataset.split(name);
  const pixels = new Uint8Array(split.length * imageBytes);
  await split.read(Int32Array.from(split.labels.keys()), pixels);
  return pixels;
}

function assertEvenClasses({ splits }: DatasetReport, perClass: Readonly<Record<string, number>>): void {
  for (const [split, count] of Object.entries(perClass)) {
    assert.ok(
      Object.values(splits[split]!.classes).every((found) => found === count),
      split,
    );
  }
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
