import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { finetuneMethods } from '@scion/trainer/catalog';
import { writeShapeImage } from '../support/shapes.ts';
import { shapesJob, startServerWithShapes } from '../support/shapes-server.ts';

/** What a method cannot do without, and what keeps a tiny run tiny. */
const settings: Record<string, object> = {
  partial: { layers: ['conv3.*', 'bn3.*'] },
  fixmatch: { unlabelledRatio: 2 },
  softmatch: { unlabelledRatio: 2 },
};

test('every finetune method over HTTP, from a pretrained model to one that predicts', async (t) => {
  const { server, dataset } = await startServerWithShapes(t);
  const { client, dataDir } = server;
  const image = await readFile(await writeShapeImage(dataDir, 2));
  const pretrained = await client.jobs.create(shapesJob({ dataset, name: 'pretrained', epochs: 2 }));
  const submitted = await Promise.all(
    finetuneMethods.map(({ id: type }) =>
      client.jobs.create({
        kind: 'finetune',
        name: type,
        from: { job: pretrained.id },
        dataset: { id: dataset, split: 'train', labels: { perClass: 5 } },
        evaluate: { split: 'test' },
        method: { type, ...settings[type] },
        training: { epochs: 2, stepsPerEpoch: 3, batchSize: 10, optimizer: { type: 'adam', learningRate: 0.003 } },
      } as Parameters<typeof client.jobs.create>[0]),
    ),
  );
  for (const { id, name } of submitted) {
    await t.test(name, async () => {
      const job = await client.jobs.waitFor(id, { pollMs: 100 });
      assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
      const accuracy = job.result?.metrics['test/accuracy'];
      assert.ok(accuracy !== undefined && accuracy >= 0 && accuracy <= 1, JSON.stringify(job.result));
      const { predictions } = await client.models.predict(job.result?.model ?? '', [image]);
      assert.equal(predictions.length, 1);
      const [prediction] = predictions;
      const total = prediction && 'top' in prediction ? prediction.top.reduce((sum, { score }) => sum + score, 0) : Number.NaN;
      assert.ok(Math.abs(total - 1) < 1e-4, JSON.stringify(prediction));
    });
  }
});
