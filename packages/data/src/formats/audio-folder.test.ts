import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatasetReport, MakeSplits } from '@scion/schema';
import { buildTar, buildZip } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { buildWav, bytesOf, tone } from '../testkit/build-wav.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packRecordings, packUpload } = await createPackingPlace();
const wav = (seed: number, options: Parameters<typeof tone>[1] = {}) =>
  buildWav(bytesOf(tone(seed, options)), { sampleRate: options?.sampleRate ?? 8000 });

const digits = Object.fromEntries(
  ['0', '1', '2'].flatMap((digit, d) =>
    ['ann', 'bob', 'eve', 'joe'].flatMap((speaker, s) =>
      [0, 1].map((take) => [`recordings/${digit}_${speaker}_${take}.wav`, wav(8 * d + 2 * s + take)] as const),
    ),
  ),
);

test('class folders inside splits', async () => {
  const files = { 'train/yes/1.wav': wav(1), 'train/no/2.wav': wav(2, { seconds: 0.5 }), 'val/yes/3.wav': wav(3) };
  const { report, dataset } = await packRecordings(await buildZip(files));
  DatasetReport.parse(report);
  assert.deepEqual([report.format, report.modality, report.example.shape], ['audio-folder', 'audio', [null, 1]]);
  assert.deepEqual([report.classNames, report.issues], [['no', 'yes'], []]);
  assert.deepEqual(report.statistics?.audio?.train, {
    seconds: { min: 0.1, median: 0.1, max: 0.5 },
    sampleRates: { 8000: 2 },
    channels: { 1: 2 },
    silent: 0,
    clipped: 0,
  });
  const [second, first] = await dataset.split('train').read([1, 0]);
  assert.deepEqual(first!.samples, tone(2, { seconds: 0.5 }));
  assert.deepEqual(second, { sampleRate: 8000, channels: 1, samples: tone(1) });
  await assert.rejects(dataset.split('train').read([2]), RangeError);
});

test('without class folders names tell the class and the speaker, and the report says so', async () => {
  const { report, dataset } = await packRecordings(await buildTar(digits));
  assert.deepEqual(report.splits.train, { examples: 24, labelled: 24, classes: { 0: 8, 1: 8, 2: 8 } });
  const [note] = report.issues;
  assert.deepEqual([note!.code, note!.severity], ['labels-from-names', 'info']);
  assert.match(note!.message, /read as \{label\}_\{group\}_\*/);
  assert.deepEqual((await dataset.split('train').readSources())[3], { path: 'recordings/0_bob_1.wav', row: null, group: 'bob' });
});

test('a speaker stays on one side of the splits that the server makes', async () => {
  const { dataset } = await packRecordings(await buildTar(digits), {
    split: MakeSplits.parse({ train: 0.5, test: 0.5, byGroup: true }),
  });
  const speakers = async (split: string) => new Set((await dataset.split(split).readSources()).map(({ group }) => group));
  const [train, held] = [await speakers('train'), await speakers('test')];
  assert.deepEqual([train.size, held.size], [2, 2]);
  assert.ok([...held].every((speaker) => !train.has(speaker)));
});

test('a pattern that is given counts, and names that do not fit are pointed out', async () => {
  const files = { 'x/1-dog-a.wav': wav(1), 'x/2-cat-b.wav': wav(2), 'x/bark.wav': wav(3) };
  const { report } = await packRecordings(await buildTar(files), { options: { namePattern: '*-{label}-*' } });
  assert.deepEqual(report.splits.train, { examples: 3, labelled: 2, classes: { cat: 1, dog: 1 } });
  assert.deepEqual(
    report.issues.map(({ code, path }) => [code, path]),
    [['name-unmatched', 'x/bark.wav']],
  );
});

test('corrupt, foreign, silent, clipped and copied recordings, and those of another rate, are named', async () => {
  const loud = tone(5, { amplitude: 60_000 });
  const { report } = await packRecordings(
    await buildTar({
      'a/1.wav': wav(1),
      'a/2.wav': wav(1),
      'a/3.wav': wav(3).subarray(0, 200),
      'a/4.mp3': Buffer.from('ID3 no wav'),
      'b/5.wav': buildWav(bytesOf(loud.map((sample) => Math.max(-32768, Math.min(32767, sample))))),
      'b/6.wav': buildWav(Buffer.alloc(1600)),
      'b/7.wav': wav(7, { sampleRate: 16_000 }),
      'b/8.wav': buildWav(bytesOf(tone(8)), { channels: 2 }),
    }),
  );
  assert.deepEqual(report.splits.train!.classes, { a: 2, b: 4 });
  assert.equal(report.example.shape[1], null);
  const found = report.issues.map(({ code, path }) => [code, path]);
  for (const expected of [
    ['audio-corrupt', 'a/3.wav'],
    ['not-a-recording', 'a/4.mp3'],
    ['audio-silent', 'b/6.wav'],
    ['duplicate', 'a/2.wav'],
    ['sample-rates-differ', null],
    ['channels-differ', null],
  ]) {
    assert.ok(
      found.some((issue) => issue.join() === expected.join()),
      expected.join(),
    );
  }
  const { silent, sampleRates, channels } = report.statistics!.audio!.train!;
  assert.deepEqual([silent, sampleRates, channels], [1, { 8000: 5, 16000: 1 }, { 1: 5, 2: 1 }]);
});

test('a recording cut off at full scale is pointed out', async () => {
  const square = Int16Array.from({ length: 800 }, (_, i) => (i % 20 < 10 ? 32767 : -32768));
  const { report } = await packRecordings(await buildTar({ 'a/1.wav': buildWav(bytesOf(square)), 'a/2.wav': wav(1) }));
  assert.equal(report.statistics!.audio!.train!.clipped, 1);
  assert.deepEqual(report.issues.find(({ code }) => code === 'audio-clipped')?.path, 'a/1.wav');
});

test('a sound among images does not make them a data set of recordings', async () => {
  const images = { 'cat/1.png': await png(gradient(4, 4)), 'dog/2.png': await png(gradient(4, 4, 1)) };
  const { report } = await packUpload(await buildTar({ ...images, 'about.wav': wav(1) }));
  assert.deepEqual([report.format, report.splits.train!.examples], ['image-folder', 2]);
});

test('images are not read out of a data set of recordings', async () => {
  await assert.rejects(packUpload(await buildTar(digits)), { code: 'specInvalid', message: /holds recordings, but images/ });
});
