import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { artifactKeys, EmbeddingMap } from '@scion/schema';
import sharp from 'sharp';
import { packTinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, eventsOf, modelHash, openTemporaryStore, reportsOf, resolveOn } from '../training.fixture.ts';

const { store } = await openTemporaryStore();
const dataset = await packTinyDataset(store, { train: 20, test: 24 });

const contrastive = { backbone: { type: 'convnet-small' }, method: { type: 'simclr', width: 8 } };

async function runOf({ artifactsEveryEpochs = null, ...body }: Record<string, unknown>) {
  const evaluate = { split: 'test', artifactsEveryEpochs };
  const training = { epochs: 3, batchSize: 10 };
  const spec = resolveOn(dataset, { kind: 'pretrain', training, augment: [], ...body, evaluate });
  const run = createRun(store, dataset, spec);
  const { reports, outcome } = await attempt(store, run);
  assert.equal(outcome.type, 'succeeded', JSON.stringify(outcome));
  assert.deepEqual(eventsOf(reports, 'run.warning'), []);
  const artifacts = reportsOf(reports, 'artifact');
  const read = async (name: string) => (await store.get(artifactKeys.jobArtifact(run.job, name)))!;
  return { reports, artifacts, read, names: artifacts.map(({ name }) => name).sort() };
}

describe('the artifacts of a run', () => {
  it('come at its end and, where asked, every so many epochs, and change nothing that is trained', async () => {
    const atEnd = await runOf(contrastive);
    const often = await runOf({ ...contrastive, artifactsEveryEpochs: 2 });
    assert.deepEqual(atEnd.names, ['embedding-map-step-6.json', 'neighbour-sheet-step-6.png']);
    assert.deepEqual(often.names, [
      'embedding-map-step-4.json',
      'embedding-map-step-6.json',
      'neighbour-sheet-step-4.png',
      'neighbour-sheet-step-6.png',
    ]);
    assert.equal(modelHash(often.reports), modelHash(atEnd.reports));
    const shaOf = ({ artifacts }: typeof often) => artifacts.filter(({ step }) => step === 6).map(({ sha256 }) => sha256);
    assert.deepEqual(shaOf(often), shaOf(atEnd), 'the same model makes the same pictures');
  });

  it('are what their records say: a point for each example, a row of six images for each query', async () => {
    const { artifacts, read } = await runOf(contrastive);
    for (const { name, sizeBytes, sha256 } of artifacts) {
      const bytes = await read(name);
      assert.deepEqual([bytes.length, createHash('sha256').update(bytes).digest('hex')], [sizeBytes, sha256]);
    }
    const map = EmbeddingMap.parse(JSON.parse(Buffer.from(await read('embedding-map-step-6.json')).toString()));
    assert.deepEqual(
      map.points.map(({ row, label }) => [row, label]),
      Array.from({ length: 24 }, (_, row) => [row, row % 4]),
    );
    const { width, height } = await sharp(await read('neighbour-sheet-step-6.png')).metadata();
    assert.equal(width! / height!, 6 / 10);
  });

  for (const [type, backbone] of [
    ['mae', { type: 'vit-tiny', depth: 1 }],
    ['simmim', { type: 'vit-tiny', depth: 1 }],
    ['denoising-autoencoder', contrastive.backbone],
  ] as const) {
    it(`of ${type} show what it is given of images, and what it makes of that`, async () => {
      const augment = [{ type: 'normalize', mean: [0.4], std: [0.2] }];
      const { names, read } = await runOf({ backbone, augment, method: { type } });
      assert.ok(names.includes('reconstruction-sheet-step-6.png'), String(names));
      const { data, info } = await sharp(await read('reconstruction-sheet-step-6.png'))
        .resize({ width: 3 * (8 + 4), kernel: 'nearest' })
        .raw()
        .toBuffer({ resolveWithObject: true });
      assert.deepEqual([info.width, info.height], [3 * 12, 8 * 12]);
      // The first image shows a bright bar in its first two rows, on dark noise, as it was before normalisation.
      const at = (x: number, y: number) => data[(y * info.width + x) * info.channels]!;
      assert.ok(at(4, 2) >= 150 && at(4, 7) < 90, `${at(4, 2)} ${at(4, 7)}`);
    });
  }
});
