import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Job, newId, type Prediction } from '@scion/schema';
import request from 'supertest';
import { pretrainBody } from '../testkit/job-bodies.ts';
import { runJob } from '../testkit/run-job.ts';
import { startTestApp, type TestApp } from '../testkit/test-app.ts';

async function makeModel(testApp: TestApp): Promise<string> {
  const { body } = await request(testApp.url)
    .post('/v1/jobs')
    .send(pretrainBody(await testApp.addReadyDataset()))
    .expect(201);
  return (await runJob(testApp, (body as Job).id)).model;
}

const input = (text: string) => ({ image: Buffer.from(text).toString('base64') });
const labelsOf = (body: { predictions: Prediction[] }) =>
  body.predictions.map((prediction) => 'label' in prediction && prediction.label);

suite('POST /v1/models/:id/predict', () => {
  test('predicts images sent as JSON and as a form, in order', async (t) => {
    const testApp = await startTestApp(t);
    const path = `/v1/models/${await makeModel(testApp)}/predict`;
    const json = await request(testApp.url)
      .post(path)
      .send({ inputs: [input('cat'), input('dog')], topK: 1 })
      .expect(200);
    assert.deepEqual(labelsOf(json.body), ['cat', 'dog']);
    assert.equal(json.body.predictions[0].top.length, 1);
    const form = await request(testApp.url)
      .post(path)
      .field('topK', '2')
      .attach('file', Buffer.from('dog'), 'a.png')
      .attach('file', Buffer.from('cat'), 'b.png')
      .expect(200);
    assert.deepEqual(labelsOf(form.body), ['dog', 'cat']);
    assert.equal(form.body.predictions[0].top.length, 2);
  });

  test('takes large images, and many requests at once', async (t) => {
    const testApp = await startTestApp(t);
    const path = `/v1/models/${await makeModel(testApp)}/predict`;
    const large = 'x'.repeat(20 * 2 ** 20);
    const { body } = await request(testApp.url)
      .post(path)
      .send({ inputs: [input(large)] })
      .expect(200);
    assert.equal(body.predictions[0].label.length, large.length);
    const names = Array.from({ length: 50 }, (_, i) => `image ${i}`);
    const answers = await Promise.all(
      names.map((name) =>
        request(testApp.url)
          .post(path)
          .send({ inputs: [input(name)] }),
      ),
    );
    assert.deepEqual(
      answers.flatMap(({ body: answer }) => labelsOf(answer)),
      names,
    );
  });

  test('refuses what cannot be predicted, with the path', async (t) => {
    const testApp = await startTestApp(t);
    const { url } = testApp;
    const path = `/v1/models/${await makeModel(testApp)}/predict`;
    const cases: [object, number, string, string][] = [
      [{ inputs: [] }, 422, 'validationFailed', 'inputs'],
      [{ inputs: [{ image: '***' }] }, 422, 'validationFailed', 'inputs.0.image'],
      [{ inputs: [input('cat')], topK: 0 }, 422, 'validationFailed', 'topK'],
      [{ inputs: [input('cat'), input('broken')] }, 422, 'inputInvalid', 'inputs.1.image'],
    ];
    for (const [body, status, code, field] of cases) {
      const { body: problem } = await request(url).post(path).send(body).expect(status);
      assert.deepEqual([problem.code, problem.errors[0].path], [code, field]);
    }
    const noFile = await request(url).post(path).field('topK', '2').expect(422);
    assert.equal(noFile.body.errors[0].path, 'inputs');
    const noNumber = await request(url).post(path).field('topK', 'two').attach('file', Buffer.from('x'), 'a.png').expect(422);
    assert.equal(noNumber.body.errors[0].path, 'topK');
    const unknown = await request(url)
      .post(`/v1/models/${newId('model')}/predict`)
      .send({ inputs: [input('cat')] })
      .expect(404);
    assert.equal(unknown.body.code, 'notFound');
    const tooLarge = await request(url)
      .post(path)
      .attach('file', Buffer.alloc(33 * 2 ** 20), 'a.png')
      .expect(413);
    assert.equal(tooLarge.body.code, 'bodyTooLarge');
    await request(url).post(path).set('content-type', 'text/plain').send('x').expect(415);
  });

  test('goes on after the process died, hung or spoke nonsense', async (t) => {
    const testApp = await startTestApp(t, { predictTimeoutMs: 1000 });
    const path = `/v1/models/${await makeModel(testApp)}/predict`;
    for (const trouble of ['die', 'nonsense', 'hang']) {
      const { body } = await request(testApp.url)
        .post(path)
        .send({ inputs: [input(trouble)] })
        .expect(503);
      assert.equal(body.code, 'unavailable', trouble);
      const next = await request(testApp.url)
        .post(path)
        .send({ inputs: [input('cat')] })
        .expect(200);
      assert.deepEqual(labelsOf(next.body), ['cat']);
    }
  });

  test('shows the process none of the secrets in the environment', async (t) => {
    process.env.SCION_TEST_SECRET = 'x';
    t.after(() => delete process.env.SCION_TEST_SECRET);
    const testApp = await startTestApp(t);
    const path = `/v1/models/${await makeModel(testApp)}/predict`;
    await request(testApp.url)
      .post(path)
      .send({ inputs: [input('cat')] })
      .expect(200);
    const line = testApp.log.find((entry) => entry.includes('environment: '));
    assert.match(line!, / PATH/);
    assert.doesNotMatch(line!, /SCION_TEST_SECRET|DATABASE_URL/);
  });
});
