import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MakeSplits } from '@scion/schema';
import { buildTar } from '../testkit/build-archive.ts';
import { gradient, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();
const halves = MakeSplits.parse({ train: 0.5, test: 0.5, seed: 3 });

async function photos(folders: readonly string[], count: number): Promise<Record<string, Buffer>> {
  const files = folders.flatMap((folder, f) => Array.from({ length: count }, (_, i) => [folder, f * count + i] as const));
  return Object.fromEntries(
    await Promise.all(files.map(async ([folder, seed]) => [`${folder}/${seed}.png`, await png(gradient(4, 4, seed))] as const)),
  );
}

test('a data set without splits is divided, class by class, the same way each time', async () => {
  const upload = await buildTar(await photos(['cat', 'dog'], 10));
  const { report, dataset } = await packUpload(upload, { split: halves });
  assert.deepEqual(report.splits, {
    train: { examples: 10, labelled: 10, classes: { cat: 5, dog: 5 } },
    test: { examples: 10, labelled: 10, classes: { cat: 5, dog: 5 } },
  });
  const sources = await dataset.split('test').readSources();
  const again = await packUpload(upload, { split: halves });
  assert.deepEqual(await again.dataset.split('test').readSources(), sources);
  const trained = new Set((await dataset.split('train').readSources()).map(({ path }) => path));
  assert.ok(sources.every(({ path }) => !trained.has(path)));
});

test('splits that the data brings are kept, and the report says so', async () => {
  const { report } = await packUpload(await buildTar(await photos(['train/cat', 'val/cat'], 4)), { split: halves });
  assert.deepEqual(Object.keys(report.splits), ['train', 'val']);
  assert.ok(report.issues.some(({ code, severity }) => code === 'splits-kept' && severity === 'warning'));
});

test('rows of one group stay together', async () => {
  const table = ['image,label,patient'];
  const files: Record<string, Buffer | string> = {};
  for (let i = 0; i < 40; i++) {
    files[`images/${i}.png`] = await png(gradient(4, 4, i));
    table.push(`images/${i}.png,${i % 2 ? 'ill' : 'well'},patient-${Math.floor(i / 4)}`);
  }
  const upload = await buildTar({ ...files, 'table.csv': table.join('\n') });
  const { dataset } = await packUpload(upload, {
    split: { ...halves, byGroup: true },
    options: { columns: { image: 'image', label: 'label', group: 'patient' } },
  });
  const groupsOf = async (split: string) => new Set((await dataset.split(split).readSources()).map(({ group }) => group));
  const [train, held] = [await groupsOf('train'), await groupsOf('test')];
  assert.deepEqual([train.size, held.size], [5, 5]);
  assert.ok([...held].every((group) => !train.has(group)));
});

test('splits by group are refused where the format tells no groups', async () => {
  const upload = await buildTar(await photos(['cat', 'dog'], 2));
  await assert.rejects(packUpload(upload, { split: { ...halves, byGroup: true } }), { code: 'dataInvalid', message: /byGroup/ });
});
