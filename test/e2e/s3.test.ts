import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { startS3Server, whyNoS3Server } from '@scion/storage/testkit';
import { eventually } from '../support/eventually.ts';
import { startScion, temporaryDataDir } from '../support/scion-server.ts';
import { writeShapeImage } from '../support/shapes.ts';
import { addShapes, shapesJob } from '../support/shapes-server.ts';

test('a server whose artifacts stand in an S3 store', { skip: whyNoS3Server() }, async (t) => {
  const dataDir = await temporaryDataDir(t);
  const s3 = await startS3Server();
  t.after(() => s3.stop());
  const { endpoint, credentials } = s3.accessVia();
  const env = {
    ARTIFACTS_URL: `s3://${s3.bucket}/scion`,
    SCION_S3_ENDPOINT: endpoint ?? '',
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey ?? '',
    SCION_S3_IMPORTS: `${s3.bucket}/imports`,
    SCION_TRASH_DAYS: '0',
  };
  const server = await startScion(t, { dataDir, env });
  const { client } = server;
  const dataset = await addShapes(server);

  await t.test('validates, trains, and predicts', async (t) => {
    const { id } = await client.jobs.create(shapesJob({ dataset, name: 'on S3', epochs: 12 }));
    const job = await client.jobs.waitFor(id, { pollMs: 100 });
    assert.equal(job.state, 'succeeded', JSON.stringify(job.error));
    const model = job.result?.model ?? '';
    const image = await readFile(await writeShapeImage(dataDir, 2));
    const { predictions } = await client.models.predict(model, [image], { topK: 1 });
    assert.equal(predictions[0] && 'label' in predictions[0] && predictions[0].label, '2');

    const [checkpoint] = (await client.jobs.checkpoints(id)).data;
    assert.ok(checkpoint);
    const bytes = await buffer(await client.checkpoints.download(checkpoint.id));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), checkpoint.sha256);
    t.diagnostic(`the log: ${(await client.jobs.logs(id)).length} characters`);
    assert.ok((await client.datasets.preview(dataset)).splits.length > 0);
  });

  await t.test('keeps its artifacts there and nowhere else', async () => {
    assert.equal(existsSync(join(dataDir, 'artifacts')), false);
    const stored = await readdir(join(s3.bucketDir, 'scion'));
    for (const folder of ['datasets', 'jobs', 'models']) assert.ok(stored.includes(folder), stored.join(' '));
  });

  await t.test('adds data sets from a bucket that the operator allowed', async () => {
    await mkdir(join(s3.bucketDir, 'imports'));
    await copyFile(join(dataDir, 'shapes.tar'), join(s3.bucketDir, 'imports', 'shapes.tar'));
    const { id } = await client.datasets.fetch({ url: `s3://${s3.bucket}/imports/shapes.tar`, name: 'imported' });
    const imported = await client.datasets.waitUntilReady(id, { pollMs: 50 });
    assert.equal(imported.state, 'ready', JSON.stringify(imported.error));
    assert.equal(imported.sha256, (await client.datasets.get(dataset)).sha256);
    await assert.rejects(client.datasets.fetch({ url: `s3://${s3.bucket}/scion/datasets/x/upload` }), {
      code: 'sourceForbidden',
    });

    await client.datasets.delete(id);
    await eventually('its files are gone', async () => {
      const left = await readdir(join(s3.bucketDir, 'scion', 'datasets', id), { recursive: true }).catch(() => []);
      return left.length === 0;
    });
  });
});
