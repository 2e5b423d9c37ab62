import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dataset } from '@scion/schema';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { withoutSharedData } from '../support/shared-data.ts';
import { type DatasetSource, readUpload } from '../support/upload-file.ts';

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const each = (count: number) => Object.fromEntries(classes.map((name) => [name, count]));

test('real data sets become ready over HTTP, with the counts that their makers state', { skip: withoutSharedData }, async (t) => {
  const { client } = await startScion(t, { dataDir: await temporaryDataDir(t) });
  const add = async (name: string, source: DatasetSource): Promise<Dataset> => {
    const { file, fileName } = await readUpload(source);
    const { id, state } = await client.datasets.create(file, { name, fileName });
    assert.equal(state, 'validating');
    return await client.datasets.waitUntilReady(id);
  };

  await t.test('the CIFAR-10 subset, packed like the official archive', async () => {
    const files = ['batches.meta.txt', 'data_batch_1.bin', 'test_batch.bin'].map((name) => `cifar10/subset/${name}`);
    const dataset = await add('cifar10-subset', { files, folder: 'cifar-10-batches-bin' });
    assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
    assert.equal(dataset.format, 'cifar');
    assert.deepEqual(dataset.example, { shape: [32, 32, 3] });
    assert.deepEqual(dataset.classNames, classes);
    assert.deepEqual([dataset.splits['train']?.examples, dataset.splits['test']?.examples], [5000, 1000]);
    assert.deepEqual(Object.keys(dataset.splits['train']?.classes ?? {}).sort(), classes);
  });

  await t.test('all of CIFAR-10 as 60,000 JPEG files', async () => {
    const dataset = await add('cifar10-images', { file: 'cifar10/cifar10-images.tar.gz' });
    assert.equal(dataset.state, 'ready', JSON.stringify(dataset.error));
    assert.equal(dataset.format, 'image-folder');
    assert.deepEqual(dataset.example, { shape: [32, 32, 3] });
    assert.deepEqual(dataset.splits['train'], { examples: 50_000, labelled: 50_000, classes: each(5000) });
    assert.deepEqual(dataset.splits['test'], { examples: 10_000, labelled: 10_000, classes: each(1000) });
  });

  await t.test('MNIST digits in idx files', async () => {
    const files = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
    const dataset = await add('mnist', { files: files.map((name) => `mnist/${name}-ubyte.gz`) });
    assert.deepEqual(dataset.example, { shape: [28, 28, 1] });
    assert.deepEqual([dataset.splits['train']?.examples, dataset.splits['test']?.examples], [60_000, 10_000]);
    assert.equal(dataset.splits['train']?.classes['1'], 6742);
  });
});
