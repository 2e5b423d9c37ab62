import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { eventually, exampleSpec } from '@scion/jobs/testkit';
import { artifactKeys, Dataset, newId, type Problem } from '@scion/schema';
import request from 'supertest';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';
import { multipartBody } from '../testkit/upload-form.ts';

const archive = Buffer.from('the bytes of an archive');

async function assertNothingStored({ store, services }: TestApp): Promise<void> {
  assert.deepEqual(await store.list('datasets'), []);
  assert.deepEqual((await services.datasets.list({ limit: 10 })).data, []);
}

suite('POST /v1/datasets', () => {
  for (const order of ['before', 'after'] as const) {
    test(`streams the file into the store, with the fields ${order} it`, async (t) => {
      const { url, store } = await startTestApp(t);
      const file = { name: 'file', fileName: 'digits.zip', value: archive };
      const fields = [
        { name: 'name', value: 'Digits' },
        { name: 'format', value: 'image-folder' },
      ];
      const { body, contentType } = multipartBody(order === 'before' ? [...fields, file] : [file, ...fields]);
      const response = await request(url).post('/v1/datasets').set('content-type', contentType).send(body).expect(201);
      const dataset = Dataset.parse(response.body);
      assert.equal(response.headers.location, `/v1/datasets/${dataset.id}`);
      assert.equal(dataset.state, 'validating');
      assert.equal(dataset.name, 'Digits');
      assert.equal(dataset.format, 'image-folder');
      assert.equal(dataset.fileName, 'digits.zip');
      assert.equal(dataset.sizeBytes, archive.length);
      assert.deepEqual(Buffer.from((await store.get(artifactKeys.datasetUpload(dataset.id)))!), archive);
      await request(url).get(response.headers.location!).expect(200, response.body);
    });
  }

  test('takes the file name for a name, and finds the format itself', async (t) => {
    const { url } = await startTestApp(t);
    const { body } = await request(url).post('/v1/datasets').attach('file', archive, 'my images.tar.gz').expect(201);
    assert.equal(body.name, 'my images.tar.gz');
    assert.equal(body.format, 'auto');
  });

  const refused: { what: string; parts: Parameters<typeof multipartBody>[0]; cut?: number; code: string; path?: string }[] = [
    { what: 'no file', parts: [{ name: 'name', value: 'x' }], code: 'uploadInvalid' },
    { what: 'an empty file', parts: [{ name: 'file', fileName: 'a.zip', value: '' }], code: 'uploadInvalid' },
    { what: 'the file in another field', parts: [{ name: 'archive', fileName: 'a.zip', value: archive }], code: 'uploadInvalid' },
    {
      what: 'two files',
      parts: [
        { name: 'file', fileName: 'a.zip', value: archive },
        { name: 'file', fileName: 'b.zip', value: archive },
      ],
      code: 'uploadInvalid',
    },
    {
      what: 'a form cut off in its file',
      parts: [{ name: 'file', fileName: 'a.zip', value: archive }],
      cut: 30,
      code: 'uploadInvalid',
    },
    {
      what: 'an unknown field',
      parts: [
        { name: 'file', fileName: 'a.zip', value: archive },
        { name: 'fromat', value: 'auto' },
      ],
      code: 'validationFailed',
      path: 'fromat',
    },
    {
      what: 'an empty name',
      parts: [
        { name: 'name', value: '' },
        { name: 'file', fileName: 'a.zip', value: archive },
      ],
      code: 'validationFailed',
      path: 'name',
    },
    {
      what: 'a field sent twice',
      parts: [
        { name: 'name', value: 'a' },
        { name: 'name', value: 'b' },
        { name: 'file', fileName: 'a.zip', value: archive },
      ],
      code: 'uploadInvalid',
    },
  ];
  for (const { what, parts, cut, code, path } of refused) {
    test(`refuses ${what} and leaves nothing behind`, async (t) => {
      const testApp = await startTestApp(t);
      const { body, contentType } = multipartBody(parts, { cut });
      const response = await request(testApp.url).post('/v1/datasets').set('content-type', contentType).send(body).expect(422);
      const problem = response.body as Problem;
      assert.equal(response.type, 'application/problem+json');
      assert.equal(problem.code, code);
      if (path !== undefined)
        assert.deepEqual(
          problem.errors.map((error) => error.path),
          [path],
        );
      await assertNothingStored(testApp);
    });
  }

  test('refuses a file over the limit, told or not told its size, and leaves nothing behind', async (t) => {
    const testApp = await startTestApp(t, { maxUploadBytes: 300_000 });
    const tooLarge = Buffer.alloc(600_000, 1);
    const told = await request(testApp.url).post('/v1/datasets').attach('file', tooLarge, 'big.zip').expect(413);
    assert.equal(told.body.code, 'bodyTooLarge');

    const { body, contentType } = multipartBody([{ name: 'file', fileName: 'big.zip', value: tooLarge }]);
    const untold = await fetch(`${testApp.url}/v1/datasets`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit);
    assert.equal(untold.status, 413);
    assert.match(((await untold.json()) as Problem).detail, /300000 bytes/);
    await assertNothingStored(testApp);
  });

  test('keeps nothing of a client that goes away in the middle', async (t) => {
    const testApp = await startTestApp(t);
    const { body, contentType } = multipartBody([{ name: 'file', fileName: 'a.zip', value: Buffer.alloc(200_000, 1) }]);
    const socket = connect(Number(new URL(testApp.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `POST /v1/datasets HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${contentType}\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 100_000));
    socket.destroySoon();
    await eventually(() => testApp.log.some((line) => line.includes('uploadInvalid')));
    await assertNothingStored(testApp);
  });

  test('takes JSON that says what the server shall fetch', async (t) => {
    const { url, services } = await startTestApp(t, { datasetFolders: ['/srv/data'] });
    const bodies = [
      { body: { url: 'https://example.org/sets/digits.zip?x=1' }, source: { type: 'url' }, name: 'digits.zip' },
      {
        body: { catalog: 'fashion-mnist', name: 'clothes' },
        source: { type: 'catalog', name: 'fashion-mnist' },
        name: 'clothes',
      },
      { body: { path: '/srv/data/animals' }, source: { type: 'path', path: '/srv/data/animals' }, name: 'animals' },
    ];
    for (const { body, source, name } of bodies) {
      const split = { train: 0.8, val: 0.1, test: 0.1 };
      const response = await request(url)
        .post('/v1/datasets')
        .send({ ...body, split, policy: 'fail' })
        .expect(201);
      const dataset = Dataset.parse(response.body);
      assert.equal(response.headers.location, `/v1/datasets/${dataset.id}`);
      assert.deepEqual([dataset.name, dataset.sizeBytes, dataset.sha256, dataset.state], [name, 0, null, 'validating']);
      assert.deepEqual({ ...dataset.source, ...source }, dataset.source);
      assert.deepEqual(dataset.split, { ...split, seed: 0, stratify: true, byGroup: false });
      assert.equal(dataset.options.policy, 'fail');
      assert.deepEqual(await services.datasets.get(dataset.id), dataset);
    }
  });

  test('refuses paths outside the folders that the operator allowed', async (t) => {
    const testApp = await startTestApp(t, { datasetFolders: ['/srv/data'] });
    for (const path of ['/etc/passwd', '/srv/data/../secret', '/srv/database', 'animals', '../data']) {
      const { body } = await request(testApp.url).post('/v1/datasets').send({ path }).expect(403);
      assert.equal(body.code, 'sourceForbidden', path);
      assert.match(body.detail, /Allowed are \/srv\/data/);
    }
    await assertNothingStored(testApp);
  });

  const refusedBodies: { what: string; body: object; path: string }[] = [
    { what: 'another protocol', body: { url: 'ftp://example.org/a.zip' }, path: 'url' },
    { what: 'an unknown catalogue name', body: { catalog: 'cifar11' }, path: 'catalog' },
    { what: 'shares that do not add up', body: { catalog: 'mnist', split: { train: 0.5, test: 0.1 } }, path: 'split' },
    { what: 'an unknown field', body: { catalog: 'mnist', fromat: 'idx' }, path: 'fromat' },
  ];
  for (const { what, body, path } of refusedBodies) {
    test(`refuses JSON with ${what}, naming the field`, async (t) => {
      const testApp = await startTestApp(t);
      const response = await request(testApp.url).post('/v1/datasets').send(body).expect(422);
      const problem = response.body as Problem;
      assert.equal(problem.code, 'validationFailed');
      assert.ok(
        problem.errors.some((error) => error.path.startsWith(path)),
        JSON.stringify(problem.errors),
      );
      await assertNothingStored(testApp);
    });
  }

  test('stores the same bytes once', async (t) => {
    const { url, store, emptyTrash } = await startTestApp(t, { trashDays: 0 });
    const upload = async () =>
      Dataset.parse((await request(url).post('/v1/datasets').attach('file', archive, 'a.zip').expect(201)).body);
    const [first, second] = [await upload(), await upload()];
    assert.notEqual(first.id, second.id);
    assert.equal(first.sha256, second.sha256);
    assert.deepEqual(await store.list('datasets'), [artifactKeys.datasetUpload(first.id)]);
    await request(url).delete(`/v1/datasets/${first.id}`).expect(204);
    await emptyTrash();
    assert.deepEqual(await store.list('datasets'), [artifactKeys.datasetUpload(first.id)]);
    await request(url).delete(`/v1/datasets/${second.id}`).expect(204);
    await emptyTrash();
    assert.deepEqual(await store.list('datasets'), []);
  });

  test('stores the same bytes once, also when they come many times at once', async (t) => {
    const { url, store } = await startTestApp(t);
    const sending = Array.from({ length: 6 }, () =>
      request(url).post('/v1/datasets').attach('file', archive, 'a.zip').expect(201),
    );
    const ids = (await Promise.all(sending)).map(({ body }) => body.id);
    assert.equal(new Set(ids).size, 6);
    assert.equal((await store.list('datasets')).length, 1);
  });

  test('takes S3 objects of the buckets that the operator allowed, and of no others', async (t) => {
    const { url } = await startTestApp(t, { s3Imports: ['open', 'shared/some folder'] });
    for (const address of ['s3://open/a.zip', 's3://shared/some%20folder/b.zip']) {
      const { body } = await request(url).post('/v1/datasets').send({ url: address }).expect(201);
      assert.deepEqual([body.source, body.fileName], [{ type: 'url', url: address }, address.slice(-5)]);
    }
    for (const address of ['s3://closed/a.zip', 's3://shared/a.zip', 's3://shared/some%20folder/..%2Fa.zip', 's3://Open']) {
      const { body } = await request(url).post('/v1/datasets').send({ url: address }).expect(403);
      assert.equal(body.code, 'sourceForbidden');
      assert.match(body.detail, /Allowed are open, shared\/some folder$/);
    }
  });

  test('refuses a body that is neither a form nor JSON with 415', async (t) => {
    const { url } = await startTestApp(t);
    for (const type of ['text/plain', 'application/zip']) {
      const { body } = await request(url).post('/v1/datasets').set('content-type', type).send('{}').expect(415);
      assert.equal(body.code, 'unsupportedMediaType');
    }
    const { body } = await request(url).post('/v1/datasets').set('content-type', 'multipart/form-data').send('x').expect(422);
    assert.equal(body.code, 'uploadInvalid');
  });
});

suite('data sets', () => {
  test('are listed newest first, page by page, and by state', async (t) => {
    const { url, services, addReadyDataset } = await startTestApp(t);
    const ready = await addReadyDataset();
    const ids = [ready];
    for (const fileName of ['a.zip', 'b.zip'])
      ids.unshift((await services.datasets.create({ format: 'auto', fileName, sizeBytes: 1 })).id);
    const first = await request(url).get('/v1/datasets?limit=2').expect(200);
    assert.deepEqual(
      first.body.data.map((dataset: Dataset) => dataset.id),
      ids.slice(0, 2),
    );
    assert.equal(first.body.hasMore, true);
    const second = await request(url).get(`/v1/datasets?limit=2&after=${first.body.nextAfter}`).expect(200);
    assert.deepEqual(
      second.body.data.map((dataset: Dataset) => dataset.id),
      ids.slice(2),
    );
    assert.deepEqual([second.body.hasMore, second.body.nextAfter], [false, null]);
    const byState = await request(url).get('/v1/datasets?state=ready').expect(200);
    assert.deepEqual(
      byState.body.data.map((dataset: Dataset) => dataset.id),
      [ready],
    );
  });

  test('answer 304 to a poll with the current ETag', async (t) => {
    const { url, services, addReadyDataset } = await startTestApp(t);
    const id = await addReadyDataset();
    const first = await request(url).get(`/v1/datasets/${id}`).expect(200);
    assert.match(first.headers.etag!, /^W\/"/);
    const unchanged = await request(url).get(`/v1/datasets/${id}`).set('if-none-match', first.headers.etag!).expect(304);
    assert.equal(unchanged.text, '');
    const other = await services.datasets.create({ format: 'auto', fileName: 'x', sizeBytes: 1 });
    await request(url).get(`/v1/datasets/${other.id}`).set('if-none-match', first.headers.etag!).expect(200);
  });

  test('are deleted with their files, but not while a job needs them', async (t) => {
    const { url, services, store, addReadyDataset, emptyTrash } = await startTestApp(t, { trashDays: 0 });
    const id = await addReadyDataset();
    await store.put(artifactKeys.datasetUpload(id), archive);
    await store.put(`${artifactKeys.datasetPacked(id)}/images.bin`, archive);
    const { job } = await services.jobs.submit({ spec: exampleSpec(id) });
    const refused = await request(url).delete(`/v1/datasets/${id}`).expect(409);
    assert.equal(refused.body.code, 'datasetInUse');
    assert.match(refused.body.detail, new RegExp(job.id));
    assert.notDeepEqual(await store.list('datasets'), []);
    await services.jobs.act(job.id, { action: 'cancel' });
    const deleted = await request(url).delete(`/v1/datasets/${id}`).expect(204);
    assert.equal(deleted.text, '');
    await request(url).get(`/v1/datasets/${id}`).expect(404);
    await request(url).delete(`/v1/datasets/${id}`).expect(404);
    assert.notDeepEqual(await store.list('datasets'), [], 'it could be restored');
    await emptyTrash();
    assert.deepEqual(await store.list('datasets'), []);
  });

  test('that do not exist are a problem document', async (t) => {
    const { url } = await startTestApp(t);
    const unknown = await request(url)
      .get(`/v1/datasets/${newId('dataset')}`)
      .expect(404);
    assert.equal(unknown.body.code, 'notFound');
    const malformed = await request(url).get('/v1/datasets/nonsense').expect(404);
    assert.equal(malformed.body.code, 'notFound');
    assert.match(malformed.body.detail, /Expected a dataset id/);
  });
});
