import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { JobSpec, newId, type ParameterSource } from '@scion/schema';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import { packTinyDataset, type TinyDataset } from '../tiny-dataset.fixture.ts';
import {
  attempt,
  createRun,
  eventsOf,
  hurryClock,
  modelHash,
  nextAttempt,
  openTemporaryStore,
  reportsOf,
  resolveOn,
} from '../training.fixture.ts';

const { store } = await openTemporaryStore();
const training = { epochs: 2, batchSize: 8, optimizer: { type: 'sgd', learningRate: 0.05 } };
const from = { job: newId('job') };

let four: TinyDataset;
let three: TinyDataset;
let pretrained: ParameterSource;
let pretrainedSpec: JobSpec;

before(async () => {
  four = await packTinyDataset(store, { classes: 4 });
  three = await packTinyDataset(store, { classes: 3 });
  const body = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' }, training };
  const spec = resolveOn(four, { ...body, augment: [{ type: 'normalize', mean: [0.3], std: [0.3] }] });
  const { reports } = await attempt(store, createRun(store, four, spec));
  const [model] = reportsOf(reports, 'model');
  pretrained = { id: model!.id, key: model!.key };
  pretrainedSpec = JobSpec.parse(spec);
});

/** Values by parameter name, as bytes. */
async function parametersOf(key: string): Promise<Map<string, Buffer>> {
  const { parameters } = await readParameterFolder(store, key, { withOptimizer: false });
  return new Map([...parameters].map(([name, { data }]) => [name, Buffer.from(data.buffer)]));
}

/** The parameters that a finetune of the pretrained model ends with. */
async function finetuned(body: Record<string, unknown>): Promise<Map<string, Buffer>> {
  const spec = resolveOn(three, { kind: 'finetune', from, training, ...body }, pretrainedSpec);
  const { outcome, reports } = await attempt(store, { ...createRun(store, three, spec), from: pretrained });
  assert.equal(outcome.type, 'succeeded');
  assert.equal(eventsOf(reports, 'run.prepared')[0]?.data['from'], pretrained.id);
  return parametersOf(reportsOf(reports, 'model')[0]!.key);
}

const isHead = (name: string) => name.startsWith('head.');
const isAverage = (name: string) => name.includes('running_');

describe('a finetune', () => {
  it('by linear probe leaves every bit of the pretrained backbone, and trains a head for its own classes', async () => {
    const [before, after] = [await parametersOf(pretrained.key), await finetuned({ method: { type: 'linear-probe' } })];
    assert.deepEqual([...after.keys()], [...before.keys()]);
    for (const [name, bytes] of before) if (!isHead(name)) assert.ok(after.get(name)?.equals(bytes), name);
    assert.equal(before.get('head.weight')?.length, 4 * 128 * 4);
    assert.equal(after.get('head.weight')?.length, 3 * 128 * 4);
  });

  it('in full starts from the pretrained backbone, with a fresh head', async () => {
    const still = { ...training, optimizer: { type: 'sgd', learningRate: 1e-30 } };
    const after = await finetuned({ method: { type: 'full' }, training: still });
    const before = await parametersOf(pretrained.key);
    for (const [name, bytes] of before) if (!isHead(name) && !isAverage(name)) assert.ok(after.get(name)?.equals(bytes), name);
    const seeded = await finetuned({ method: { type: 'full' }, training: { ...still, seed: 9 } });
    assert.ok(!seeded.get('head.weight')?.equals(after.get('head.weight')!), 'the head is drawn by the seed');
    assert.ok(seeded.get('conv1.weight')?.equals(before.get('conv1.weight')!), 'the backbone is not');
  });

  it('in full trains the backbone', async () => {
    const after = await finetuned({ method: { type: 'full' } });
    for (const [name, bytes] of await parametersOf(pretrained.key)) assert.ok(!after.get(name)?.equals(bytes), name);
  });

  it('starts anew where it is to start from scratch', async () => {
    const scratch = {
      kind: 'finetune',
      from: { scratch: { backbone: { type: 'convnet-small' } } },
      method: { type: 'linear-probe' },
    };
    const { reports } = await attempt(store, createRun(store, three, resolveOn(three, { ...scratch, training })));
    const after = await parametersOf(reportsOf(reports, 'model')[0]!.key);
    assert.ok(!after.get('conv1.weight')?.equals((await parametersOf(pretrained.key)).get('conv1.weight')!));
    assert.equal(eventsOf(reports, 'run.prepared')[0]?.data['from'], null);
  });

  it('goes on from its own checkpoint when it is resumed, not from the pretrained model', async (t) => {
    const spec = resolveOn(three, { kind: 'finetune', from, training, method: { type: 'full' } }, pretrainedSpec);
    const run = { ...createRun(store, three, spec), from: pretrained };
    const unbroken = await attempt(store, run);
    hurryClock(t);
    const stopped = await attempt(store, run, { reason: 'drain', at: (r) => r.type === 'progress' && r.progress.step === 4 });
    const resumed = await attempt(store, nextAttempt(run, stopped.reports));
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });

  it('is gone on from where a pretrain starts from a model: also a slow double starts there; resumed, it ends with the same bits', async (t) => {
    const method = { type: 'byol', hidden: 16, width: 8 };
    const still = { ...training, epochs: 1, optimizer: { type: 'sgd', learningRate: 1e-30 } };
    const run = (given: object) => {
      const spec = resolveOn(three, { kind: 'pretrain', from, method, evaluate: null, training: given }, pretrainedSpec);
      return { ...createRun(store, three, spec), from: pretrained };
    };
    const begun = await attempt(store, run(still));
    const [before, after] = [
      await parametersOf(pretrained.key),
      await parametersOf(reportsOf(begun.reports, 'checkpoint')[0]!.key),
    ];
    for (const name of ['conv1.weight', 'teacher.conv1.weight', 'conv3.weight', 'teacher.conv3.weight'])
      assert.ok(after.get(name)?.equals(before.get(name.replace('teacher.', ''))!), name);
    const unbroken = await attempt(store, run(training));
    hurryClock(t);
    const stopped = await attempt(store, run(training), {
      reason: 'drain',
      at: (r) => r.type === 'progress' && r.progress.step === 3,
    });
    const resumed = await attempt(store, nextAttempt(run(training), stopped.reports));
    assert.equal(modelHash(resumed.reports), modelHash(unbroken.reports));
  });

  it('fails where the stored model is another network, or damaged', async () => {
    const failure = async (source: ParameterSource, backbone: string) => {
      const scratch = { kind: 'finetune', from: { scratch: { backbone: { type: backbone } } }, method: { type: 'full' } };
      const run = createRun(store, three, resolveOn(three, { ...scratch, training }));
      const { outcome } = await attempt(store, { ...run, from: source });
      return outcome.type === 'failed' ? `${outcome.code}: ${outcome.message}` : outcome.type;
    };
    assert.match(
      await failure(pretrained, 'resnet18-small'),
      /^shapeMismatch: conv1\.weight is stored as 32×1×3×3, but 16×1×3×3/,
    );
    assert.match(await failure(pretrained, 'reference-net'), /^shapeMismatch: conv1\.weight is stored as 32×1×3×3, but 64×1×3×3/);
    const nowhere = { ...pretrained, key: 'models/gone' };
    assert.match(await failure(nowhere, 'convnet-small'), /^checkpointCorrupt: models\/gone\/manifest\.json is missing/);
  });
});
