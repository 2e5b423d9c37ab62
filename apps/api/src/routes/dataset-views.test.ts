import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { artifactKeys, DatasetPreview, datasetFiles, type PreviewFile } from '@scion/schema';
import request from 'supertest';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

const preview: PreviewFile = {
  splits: ['train', 'test'].map((split) => ({
    split,
    histogram: [{ label: 'cat', examples: 2 }],
    examples: [
      { index: 1, label: 'cat', path: `${split}/cat/1.png`, row: null, thumbnail: 'data:image/png;base64,iVBORw0KGgo=' },
    ],
  })),
};
const sheet = Buffer.from('\x89PNG and so on', 'latin1');
const csv = 'split,index,path,row,label\ntrain,0,train/cat/0.png,,cat\n';

/** A ready data set with the files that packing leaves. */
async function addPacked({ addReadyDataset, store }: TestApp): Promise<string> {
  const id = await addReadyDataset();
  const put = (name: string, body: string | Buffer) => store.put(`${artifactKeys.datasetPacked(id)}/${name}`, body);
  await put(datasetFiles.preview, JSON.stringify(preview));
  await put(datasetFiles.contactSheet, sheet);
  await put(datasetFiles.splits, csv);
  return id;
}

suite('GET /v1/datasets/:id/preview', () => {
  test('is JSON with examples and a histogram, of all splits or of one', async (t) => {
    const testApp = await startTestApp(t);
    const id = await addPacked(testApp);
    const { body } = await request(testApp.url).get(`/v1/datasets/${id}/preview`).expect(200);
    assert.deepEqual(DatasetPreview.parse(body), { dataset: id, ...preview });
    const one = await request(testApp.url).get(`/v1/datasets/${id}/preview?split=test`).expect(200);
    assert.deepEqual(one.body.splits, preview.splits.slice(1));
    const unknown = await request(testApp.url).get(`/v1/datasets/${id}/preview?split=val`).expect(404);
    assert.match(unknown.body.detail, /It has train, test/);
  });

  test('is a contact sheet where a PNG is asked for, in the address or by Accept', async (t) => {
    const testApp = await startTestApp(t);
    const id = await addPacked(testApp);
    for (const [query, accept] of [
      ['?format=png', '*/*'],
      ['', 'image/png'],
    ] as const) {
      const response = await request(testApp.url).get(`/v1/datasets/${id}/preview${query}`).set('accept', accept).expect(200);
      assert.equal(response.type, 'image/png');
      assert.deepEqual(response.body, sheet);
    }
  });

  test('waits for a data set to be ready, and says so', async (t) => {
    const { url, services } = await startTestApp(t);
    const { id } = await services.datasets.create({ format: 'auto', fileName: 'a.zip', sizeBytes: 1 });
    for (const view of ['preview', 'splits']) {
      const { body } = await request(url).get(`/v1/datasets/${id}/${view}`).expect(409);
      assert.equal(body.code, 'datasetNotReady');
    }
  });
});

test('GET /v1/datasets/:id/splits is the CSV that packing wrote', async (t) => {
  const testApp = await startTestApp(t);
  const id = await addPacked(testApp);
  const response = await request(testApp.url).get(`/v1/datasets/${id}/splits`).expect(200);
  assert.equal(response.type, 'text/csv');
  assert.equal(response.text, csv);
});
