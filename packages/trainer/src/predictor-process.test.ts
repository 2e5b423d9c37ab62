import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ParameterSource, type PredictorRequest, PredictorResponse } from '@scion/schema';
import sharp from 'sharp';
import { classPrediction } from './class-prediction.fixture.ts';
import { packTinyDataset } from './tiny-dataset.fixture.ts';
import { attempt, createRun, openTemporaryStore, reportsOf, resolveOn } from './training.fixture.ts';

const { store } = await openTemporaryStore();
let model: ParameterSource;
let image: string;
let child: ChildProcess;

before(async () => {
  const dataset = await packTinyDataset(store);
  const body = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' }, training: { epochs: 1 } };
  const { reports } = await attempt(store, createRun(store, dataset, resolveOn(dataset, body)));
  const [saved] = reportsOf(reports, 'model');
  model = { id: saved!.id, key: saved!.key };
  const raw = { width: 8, height: 8, channels: 1 } as const;
  image = (await sharp(new Uint8Array(64).fill(90), { raw }).png().toBuffer()).toString('base64');
  child = fork(fileURLToPath(new URL('./predictor-process.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [ready] = (await once(child, 'message')) as unknown[];
  assert.deepEqual(ready, { type: 'ready' });
});

after(() => void child.kill());

/** Sends requests at once, and gives their answers by id. */
async function ask(requests: Partial<PredictorRequest>[]): Promise<Map<number, Exclude<PredictorResponse, { type: 'ready' }>>> {
  const answers = new Map<number, Exclude<PredictorResponse, { type: 'ready' }>>();
  const messages = on(child, 'message');
  for (const [id, request] of requests.entries()) {
    child.send({ id, artifactsUrl: store.url, model, images: [image], topK: 2, ...request });
  }
  for await (const [raw] of messages) {
    const answer = PredictorResponse.parse(raw);
    if (answer.type !== 'ready') answers.set(answer.id, answer);
    if (answers.size === requests.length) break;
  }
  return answers;
}

describe('the predictor process', () => {
  it('answers each request under its id', async () => {
    const answers = await ask([{}, { images: [image, image, image], topK: 4 }]);
    const [one, three] = [answers.get(0), answers.get(1)];
    assert.ok(one?.type === 'predictions' && three?.type === 'predictions');
    assert.deepEqual([one.predictions.length, three.predictions.length], [1, 3]);
    assert.equal(classPrediction(one.predictions[0]).top.length, 2);
    assert.equal(classPrediction(three.predictions[0]).top.length, 4);
  });

  it('answers with a code what cannot be predicted, and goes on', async () => {
    const garbage = Buffer.from('no image').toString('base64');
    const answers = await ask([{ images: [image, garbage] }, { model: { ...model, key: 'models/none' } }, {}]);
    const bad = answers.get(0);
    assert.ok(bad?.type === 'error');
    assert.deepEqual([bad.code, bad.index], ['inputInvalid', 1]);
    const missing = answers.get(1);
    assert.ok(missing?.type === 'error');
    assert.deepEqual([missing.code, missing.index], ['checkpointCorrupt', null]);
    assert.equal(answers.get(2)?.type, 'predictions');
  });

  it('exits when the API is gone', async () => {
    child.disconnect();
    const [code] = (await once(child, 'exit')) as unknown[];
    assert.equal(code, 0);
  });
});
