import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { Model, type Problem } from '@scion/schema';
import { backbones } from '@scion/trainer/catalog';
import request from 'supertest';
import { createWeightsImporter } from '../imports/weights-importer.ts';
import { finetuneBody, pretrainBody } from '../testkit/job-bodies.ts';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

const backbone = { type: 'convnet-small' };

/** Every parameter of the backbone as a safetensors file, but those whose names start as `left` does. */
function weightsFile({ left = 'nothing', others = {} }: { left?: string; others?: Record<string, number[]> } = {}): Buffer {
  const entry = backbones.find(({ id }) => id === backbone.type)!;
  const shapes = entry
    .create(backbone, [32, 32, 3])
    .parameters.filter(({ name }) => !name.startsWith(left))
    .map(({ name, shape }) => [name, shape.length === 4 ? [3, 2, 0, 1].map((axis) => shape[axis]!) : [...shape]] as const);
  let offset = 0;
  const header: Record<string, unknown> = {};
  for (const [name, shape] of [...shapes, ...Object.entries(others)]) {
    const bytes = 4 * shape.reduce((product, side) => product * side, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(offset)]);
}

const upload = ({ url }: TestApp, file: Buffer, fields: Record<string, string> = {}) => {
  const sent = request(url).post('/v1/models').field('backbone', JSON.stringify(backbone));
  for (const [name, value] of Object.entries(fields)) void sent.field(name, value);
  return sent.attach('file', file, 'weights.safetensors');
};

async function assertNothingLeft({ store, services }: TestApp): Promise<void> {
  assert.deepEqual([...(await store.list('models')), ...(await store.list('imports'))], []);
  assert.deepEqual((await services.models.list({ limit: 10 })).data, []);
}

suite('POST /v1/models', () => {
  test('makes an uploaded file a model, says what became of each tensor, and keeps no copy of the file', async (t) => {
    const app = await startTestApp(t);
    const response = await upload(app, weightsFile({ others: { 'fc.weight': [2, 128] } })).expect(201);
    const model = Model.parse(response.body);
    assert.equal(response.headers['location'], `/v1/models/${model.id}`);
    assert.deepEqual(
      { name: model.name, kind: model.kind, job: model.job, parameterCount: model.parameterCount, backbone: model.backbone },
      { name: 'weights.safetensors', kind: 'import', job: null, parameterCount: 93_472, backbone },
    );
    assert.equal(model.import?.loaded, 15);
    assert.deepEqual(model.import.unexpected, ['fc.weight']);
    await request(app.url).get(`/v1/models/${model.id}`).expect(200, response.body);
    await request(app.url).get(model.url).expect(200);
    assert.deepEqual(await app.store.list('imports'), []);
  });

  test('starts a finetune', async (t) => {
    const app = await startTestApp(t);
    const { body: model } = await upload(app, weightsFile(), { inputShape: '[8, 8, 3]', name: 'mine' }).expect(201);
    const dataset = await app.addReadyDataset();
    const { body: job } = await request(app.url)
      .post('/v1/jobs')
      .send(finetuneBody(dataset, { model: model.id }))
      .expect(201);
    assert.deepEqual([job.spec.backbone, job.spec.from], [backbone, { model: model.id }]);
    const claimed = await app.services.attempts.claim({ jobId: job.id, workerId: 'wkr_test', leaseMs: 10_000 });
    assert.deepEqual(claimed?.run.from, { id: model.id, key: `models/${model.id}` });
  });

  test('refuses a file that lacks a parameter, naming it; takes it if told not to be strict', async (t) => {
    const app = await startTestApp(t);
    const file = weightsFile({ left: 'bn2.' });
    const { body } = await upload(app, file).expect(422);
    const { code, errors } = body as Problem;
    assert.deepEqual(
      [code, errors.map(({ path }) => path)],
      ['weightsInvalid', ['bn2.weight', 'bn2.bias', 'bn2.running_mean', 'bn2.running_var']],
    );
    await assertNothingLeft(app);
    const { body: model } = await upload(app, file, { strict: 'false' }).expect(201);
    assert.equal(model.import.missing.length, 4);
  });

  test('refuses what is no file of weights, and settings that do not fit', async (t) => {
    const app = await startTestApp(t);
    const refused: { file?: Buffer; fields?: Record<string, string>; code: string; path?: string }[] = [
      { file: Buffer.from('<html>'), code: 'weightsInvalid' },
      { fields: { inputShape: '[30, 30]' }, code: 'validationFailed', path: 'inputShape' },
      { fields: { rename: 'module.' }, code: 'validationFailed', path: 'rename' },
      { fields: { prefix: 'module.' }, code: 'validationFailed', path: 'prefix' },
    ];
    for (const { file = weightsFile(), fields, code, path } of refused) {
      const { body } = await upload(app, file, fields).expect(422);
      assert.equal(body.code, code, JSON.stringify(body));
      if (path !== undefined) assert.equal(body.errors[0].path, path);
    }
    const { body } = await request(app.url).post('/v1/models').attach('file', weightsFile(), 'w').expect(422);
    assert.equal(body.errors[0].path, 'backbone');
    await request(app.url).post('/v1/models').field('backbone', JSON.stringify(backbone)).expect(422);
    await request(app.url).post('/v1/models').expect(415);
    await assertNothingLeft(app);
  });

  test('fetches a file from a URL', async (t) => {
    const app = await startTestApp(t);
    const url = await serve(t, weightsFile());
    const { body: model } = await request(app.url)
      .post('/v1/models')
      .send({ url: `${url}/files/net.safetensors`, backbone })
      .expect(201);
    assert.deepEqual([model.name, model.import.loaded], ['net.safetensors', 15]);
    const { body: problem } = await request(app.url)
      .post('/v1/models')
      .send({ url: `${url}/gone`, backbone })
      .expect(502);
    assert.equal(problem.code, 'sourceUnavailable');
  });

  test('fetches nothing from the own network, unless allowed', async (t) => {
    const log = { child: () => log, info: () => undefined } as never;
    const importer = createWeightsImporter({
      processPath: new URL(import.meta.resolve('@scion/trainer/import-process')).pathname,
      artifactsUrl: 'file:///nowhere',
      log,
      rules: { maxBytes: 1000, allowPrivateAddresses: false },
    });
    t.after(() => importer.close());
    const app = await startTestApp(t, { importer });
    const url = await serve(t, weightsFile());
    const { body } = await request(app.url).post('/v1/models').send({ url, backbone }).expect(403);
    assert.equal(body.code, 'sourceForbidden');
  });

  test('imports before a job starts from it', async (t) => {
    const app = await startTestApp(t);
    const url = await serve(t, weightsFile());
    const dataset = await app.addReadyDataset();
    const from = { import: { url: `${url}/files/net.safetensors`, backbone } };
    const { body: job } = await request(app.url).post('/v1/jobs').send(finetuneBody(dataset, from)).expect(201);
    const [model] = (await app.services.models.list({ limit: 10 })).data;
    assert.deepEqual([job.spec.from, job.spec.backbone], [{ model: model?.id }, backbone]);
  });

  test('imports once for a job that is asked for again and again by one Idempotency-Key, and for a refused one not at all', async (t) => {
    const app = await startTestApp(t);
    const url = await serve(t, weightsFile());
    const dataset = await app.addReadyDataset();
    const { backbone: _, ...body } = pretrainBody(dataset, {
      from: { import: { url: `${url}/files/net.safetensors`, backbone } },
    });
    const submit = () => request(app.url).post('/v1/jobs').set('idempotency-key', 'one').send(body).expect(201);
    const [first, second] = await Promise.all([submit(), submit()]);
    const third = await submit();
    assert.deepEqual([second.body.id, third.body.id], [first.body.id, first.body.id]);
    assert.equal(third.headers['idempotency-replayed'], 'true');
    await request(app.url)
      .post('/v1/jobs')
      .send({ ...body, evaluate: { split: 'none' } })
      .expect(422);
    const models = (await app.services.models.list({ limit: 10 })).data;
    assert.deepEqual(
      models.map(({ id }) => ({ model: id })),
      [first.body.spec.from],
    );
    const folders = (await app.store.list('models')).map((key) => key.split('/')[1]);
    assert.deepEqual([...new Set(folders)], [models[0]?.id]);
    assert.equal(first.body.kind, 'pretrain');
    assert.deepEqual(first.body.spec.backbone, backbone);
  });
});

/** A server that has the file at `/files/…`, and nothing else. */
async function serve(t: TestContext, file: Buffer): Promise<string> {
  const server = createServer((incoming, response) => {
    if (incoming.url?.startsWith('/files/')) response.end(file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
