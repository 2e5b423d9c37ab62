import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { artifactKeys, Dataset, newId, type Problem, Upload } from '@scion/schema';
import request from 'supertest';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';
import { partBytes, removeExpiredUploads } from '../uploads/part-uploads.ts';

const maxUploadBytes = 3 * partBytes;
const file = randomBytes(2 * partBytes + 1000);
const partOf = (part: number) => file.subarray(part * partBytes, (part + 1) * partBytes);
const digestOf = (bytes: Uint8Array) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

async function begin({ url }: TestApp, sizeBytes = file.length): Promise<Upload> {
  const { body } = await request(url).post('/v1/uploads').send({ fileName: 'big.zip', sizeBytes }).expect(201);
  return Upload.parse(body);
}

function send({ url }: TestApp, id: string, part: number, bytes: Buffer = partOf(part)) {
  return request(url).put(`/v1/uploads/${id}/parts/${part}`).type('application/octet-stream').send(bytes);
}

async function stateOf({ url }: TestApp, id: string): Promise<Upload> {
  return Upload.parse((await request(url).get(`/v1/uploads/${id}`).expect(200)).body);
}

suite('uploads in parts', () => {
  test('become a data set, whatever the order of the parts', async (t) => {
    const app = await startTestApp(t, { maxUploadBytes });
    const upload = await begin(app);
    assert.deepEqual([upload.parts, upload.partBytes, upload.missing, upload.receivedBytes], [3, partBytes, [0, 1, 2], 0]);
    await send(app, upload.id, 2).expect(204);
    assert.deepEqual([(await stateOf(app, upload.id)).missing, (await stateOf(app, upload.id)).receivedBytes], [[0, 1], 1000]);
    await Promise.all(
      [0, 1, 2].map((part) =>
        send(app, upload.id, part)
          .set('content-digest', digestOf(partOf(part)))
          .expect(204),
      ),
    );
    assert.deepEqual((await stateOf(app, upload.id)).missing, []);

    const body = { upload: upload.id, name: 'Big', split: { train: 0.9, test: 0.1 } };
    const added = Dataset.parse((await request(app.url).post('/v1/datasets').send(body).expect(201)).body);
    assert.deepEqual([added.name, added.fileName, added.sizeBytes], ['Big', 'big.zip', file.length]);
    assert.deepEqual([added.source, added.state, added.split?.test], [{ type: 'upload' }, 'validating', 0.1]);
    assert.equal(added.sha256, createHash('sha256').update(file).digest('hex'));
    assert.ok(file.equals((await app.store.get(artifactKeys.datasetUpload(added.id))) ?? Buffer.alloc(0)));
    assert.deepEqual(await app.store.list(artifactKeys.uploadParts(upload.id)), []);
  });

  test('tell a client that lost the answer what became of them', async (t) => {
    const app = await startTestApp(t);
    const upload = await begin(app, 4);
    await send(app, upload.id, 0, Buffer.from('data')).expect(204);
    const first = await request(app.url).post('/v1/datasets').send({ upload: upload.id }).expect(201);
    const again = await request(app.url).post('/v1/datasets').send({ upload: upload.id }).expect(201);
    assert.deepEqual(again.body, first.body);
    const state = await stateOf(app, upload.id);
    assert.deepEqual([state.dataset, state.missing, state.receivedBytes], [first.body.id, [], 4]);
    const { body } = await send(app, upload.id, 0, Buffer.from('more')).expect(409);
    assert.match(body.detail, new RegExp(first.body.id));
    await request(app.url).delete(`/v1/uploads/${upload.id}`).expect(204);
    await request(app.url).get(`/v1/datasets/${first.body.id}`).expect(200);
  });

  test('of the same bytes, at once, are stored once', async (t) => {
    const app = await startTestApp(t);
    const ids = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { id } = await begin(app, 4);
        await send(app, id, 0, Buffer.from('data')).expect(204);
        return id;
      }),
    );
    await Promise.all(ids.map((upload) => request(app.url).post('/v1/datasets').send({ upload }).expect(201)));
    assert.equal((await app.store.list('datasets')).length, 1);
  });

  test('asked for several times at once, become one data set', async (t) => {
    const app = await startTestApp(t);
    const { id } = await begin(app, 4);
    await send(app, id, 0, Buffer.from('data')).expect(204);
    const asking = Array.from({ length: 5 }, () => request(app.url).post('/v1/datasets').send({ upload: id }).expect(201));
    const made = new Set((await Promise.all(asking)).map(({ body }) => body.id));
    const { data } = await app.services.datasets.list({ limit: 10 });
    assert.deepEqual(
      data.map((dataset) => dataset.id),
      [...made],
    );
  });

  test('are refused as data sets before all of them is there, and the missing parts are named', async (t) => {
    const app = await startTestApp(t, { maxUploadBytes });
    const upload = await begin(app);
    await send(app, upload.id, 2).expect(204);
    const { body } = await request(app.url).post('/v1/datasets').send({ upload: upload.id }).expect(409);
    assert.equal(body.code, 'conflict');
    assert.match(body.detail, /not come: 0, 1$/);
    assert.deepEqual(await app.store.list('datasets'), []);
  });

  const wrongParts: { what: string; part?: number; bytes?: Buffer; digest?: string; status: number; code: string }[] = [
    { what: 'too short', bytes: Buffer.alloc(999), status: 422, code: 'uploadInvalid' },
    { what: 'too long', bytes: Buffer.alloc(1001), status: 422, code: 'uploadInvalid' },
    { what: 'longer than any', bytes: Buffer.alloc(partBytes + 1), status: 422, code: 'uploadInvalid' },
    { what: 'empty', bytes: Buffer.alloc(0), status: 422, code: 'uploadInvalid' },
    { what: 'altered on its way', digest: digestOf(Buffer.from('other')), status: 422, code: 'uploadInvalid' },
    { what: 'behind the last', part: 3, status: 422, code: 'uploadInvalid' },
    { what: 'under a digest that is none', digest: 'sha-256=:AAAA:', status: 400, code: 'malformedRequest' },
  ];
  for (const { what, part = 2, bytes = Buffer.from(partOf(2)), digest, status, code } of wrongParts) {
    test(`refuse a part that is ${what}, and keep nothing of it`, async (t) => {
      const app = await startTestApp(t, { maxUploadBytes });
      const { id } = await begin(app);
      const sending = send(app, id, part, bytes);
      const { body } = await (digest === undefined ? sending : sending.set('content-digest', digest)).expect(status);
      assert.equal((body as Problem).code, code);
      assert.deepEqual(await app.store.list(artifactKeys.uploadParts(id)), []);
    });
  }

  test('keep nothing of a part that is cut, and all that came before', async (t) => {
    const app = await startTestApp(t, { maxUploadBytes });
    const { id } = await begin(app);
    await send(app, id, 0).expect(204);
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `PUT /v1/uploads/${id}/parts/1 HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: ${partBytes}\r\n\r\n`,
    );
    socket.write(partOf(1).subarray(0, partBytes / 2), () => socket.destroySoon());
    await once(socket, 'close');
    assert.deepEqual((await stateOf(app, id)).missing, [1, 2]);
    await send(app, id, 1).expect(204);
    assert.deepEqual((await stateOf(app, id)).missing, [2]);
  });

  test('are refused over the limit, and with fields that are not known', async (t) => {
    const app = await startTestApp(t, { maxUploadBytes });
    const tooLarge = { fileName: 'big.zip', sizeBytes: maxUploadBytes + 1 };
    const { body } = await request(app.url).post('/v1/uploads').send(tooLarge).expect(413);
    assert.equal(body.code, 'bodyTooLarge');
    for (const wrong of [{}, { fileName: 'a', sizeBytes: 0 }, { fileName: 'a', sizeBytes: 1, size: 1 }]) {
      await request(app.url).post('/v1/uploads').send(wrong).expect(422);
    }
    const { id } = await begin(app, 4);
    await request(app.url).put(`/v1/uploads/${id}/parts/0`).type('text/plain').send('data').expect(415);
    await request(app.url).put(`/v1/uploads/${id}/parts/x`).type('application/octet-stream').send('data').expect(404);
  });

  test('that are not there are a problem document', async (t) => {
    const app = await startTestApp(t);
    const id = newId('upload');
    await request(app.url).get(`/v1/uploads/${id}`).expect(404);
    await request(app.url).delete(`/v1/uploads/${id}`).expect(404);
    await send(app, id, 0, Buffer.from('data')).expect(404);
    await request(app.url).post('/v1/datasets').send({ upload: id }).expect(404);
    await request(app.url).post('/v1/datasets').send({ upload: 'nonsense' }).expect(422);
  });

  test('are forgotten a week after they began', async (t) => {
    const app = await startTestApp(t);
    const { id, expiresAt } = await begin(app, 4);
    await send(app, id, 0, Buffer.from('data')).expect(204);
    await app.store.put(artifactKeys.uploadPart(newId('upload'), 0), 'left without a record');
    await removeExpiredUploads(app.store, Date.parse(expiresAt) - 1);
    assert.deepEqual(await app.store.list(artifactKeys.uploads), [artifactKeys.uploadPart(id, 0), artifactKeys.uploadRecord(id)]);
    await removeExpiredUploads(app.store, Date.parse(expiresAt) + 1);
    assert.deepEqual(await app.store.list(artifactKeys.uploads), []);
    await request(app.url).get(`/v1/uploads/${id}`).expect(404);
  });
});
