import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScion, startScion, temporaryDataDir } from '../support/scion-server.ts';
import { sharedData, withoutSharedData } from '../support/shared-data.ts';

test('ImageNet weights of another project are imported, and tell ants from bees', { skip: withoutSharedData }, async (t) => {
  const server = await startScion(t, { dataDir: await temporaryDataDir(t) });
  const scion = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await runScion([...args, '--json'], { server });
    assert.equal(exitCode, 0, stderr);
    return JSON.parse(stdout);
  };
  const weights = join(sharedData, 'pretrained/efficientnet_lite0/efficientnet_lite0.safetensors');
  const backbone = JSON.stringify({ type: 'efficientnet-lite0', padding: 'same' });
  const model = await scion('model', 'import', weights, '--backbone', backbone);
  assert.deepEqual([model.import.missing, model.import.reshaped], [[], []]);
  assert.ok(model.import.unexpected.includes('_fc.weight'), 'the classes of ImageNet are said to be left');

  const dataset = await scion('dataset', 'add', join(sharedData, 'hymenoptera/hymenoptera_data.zip'));
  const job = {
    kind: 'finetune',
    from: { model: model.id },
    dataset: { id: dataset.id, split: 'train' },
    evaluate: { split: 'val', everyEpochs: 4 },
    method: { type: 'linear-probe' },
    training: { epochs: 4, batchSize: 35, optimizer: { type: 'adam', learningRate: 0.003 } },
    // The weights want (pixel - 127) / 128.
    augment: [
      { type: 'resize', size: 96 },
      { type: 'normalize', mean: [0.498], std: [0.502] },
    ],
  };
  const file = join(server.dataDir, 'job.json');
  await writeFile(file, JSON.stringify(job));
  const { id } = await scion('job', 'submit', file);
  const ended = await server.client.jobs.waitFor(id, { pollMs: 200 });
  assert.equal(ended.state, 'succeeded', JSON.stringify(ended.error));
  const accuracy = ended.metrics.latest['val/accuracy'] ?? 0;
  assert.ok(accuracy > 0.8, `the accuracy is ${accuracy}`);
  const events = await server.client.jobs.listEvents(id);
  assert.ok(events.data.some(({ type }) => type === 'weights.imported'));
});
