import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { newId, type TrainRun } from '@scion/schema';
import { fileShape } from '../artifact/file-layout.ts';
import { readParameterFolder } from '../artifact/parameter-folder.ts';
import { resizePositions } from '../artifact/resize-positions.ts';
import { encodeSafetensors, type NamedArray } from '../artifact/safetensors.ts';
import { ImportSettings } from '../import/import-settings.ts';
import { importWeights } from '../import/import-weights.ts';
import { withFile } from '../import/weights-file.fixture.ts';
import { convnetSmall } from '../models/convnet-small.ts';
import { initialValues } from '../parameters.ts';
import { resolveSpec } from '../resolve-spec.ts';
import { CreateJob } from '../spec.ts';
import { packTinyDataset, type TinyDataset } from '../tiny-dataset.fixture.ts';
import { attempt, createRun, eventsOf, openTemporaryStore, reportsOf, resolveOn } from '../training.fixture.ts';

const { store } = await openTemporaryStore();

const probe = { kind: 'finetune', from: { model: newId('model') }, method: { type: 'linear-probe' }, training: { epochs: 1 } };

/** What a run leaves of its model. */
async function parametersOf(
  run: TrainRun,
): Promise<{ stored: Map<string, NamedArray>; key: string; reports: Awaited<ReturnType<typeof attempt>>['reports'] }> {
  const { outcome, reports } = await attempt(store, run);
  assert.equal(outcome.type, 'succeeded', JSON.stringify(outcome));
  const [model] = reportsOf(reports, 'model');
  const { parameters } = await readParameterFolder(store, model!.key, { withOptimizer: false });
  return { stored: parameters, key: model!.key, reports };
}

describe('what a finetune starts from', () => {
  let dataset: TinyDataset;
  before(async () => {
    dataset = await packTinyDataset(store, { channels: 3 });
  });

  it('has its learned positions resized to the grid of the new images', async () => {
    const backbone = { type: 'vit-tiny', depth: 1 };
    const pretrain = resolveOn(dataset, { kind: 'pretrain', backbone, method: { type: 'supervised' }, training: { epochs: 1 } });
    const first = await parametersOf(createRun(store, dataset, pretrain));
    const larger = { ...probe, augment: [{ type: 'resize', size: 16 }] };
    const run = createRun(store, dataset, resolveOn(dataset, larger, { ...createRun(store, dataset, pretrain).spec }));
    const second = await parametersOf({ ...run, from: { key: first.key, id: newId('model') } });
    const resized = resizePositions(
      first.stored.get('pos_embed')!,
      { prefix: 1, rows: 2, columns: 2 },
      { prefix: 1, rows: 4, columns: 4 },
    );
    assert.deepEqual(second.stored.get('pos_embed'), resized);
    assert.deepEqual(second.stored.get('cls_token'), first.stored.get('cls_token'));
  });

  it('may be an imported file, of which an event tells', async () => {
    const { parameters } = convnetSmall.create({ type: 'convnet-small' }, [8, 8, 3]);
    const arrays = parameters.map((spec) => ({ name: spec.name, shape: fileShape(spec), data: initialValues(spec, 3) }));
    const bytes = Buffer.concat(encodeSafetensors(arrays.filter(({ name }) => name !== 'bn3.bias')));
    const settings = ImportSettings.parse({ backbone: { type: 'convnet-small' }, inputShape: [8, 8, 3], strict: false });
    const folder = 'models/imported';
    await withFile(bytes, (path) => importWeights({ file: { path, sha256: 'a'.repeat(64) }, settings, store, folder }));

    const { splits, classNames, example } = dataset.report;
    const job = CreateJob.parse({ ...probe, dataset: { id: newId('dataset') } });
    const source = { imported: { backbone: { type: 'convnet-small' }, inputShape: [8, 8, 3] } };
    const spec = resolveSpec(job, { dataset: { splits, classNames, shape: example.shape }, source });
    const { stored, reports } = await parametersOf({
      ...createRun(store, dataset, spec),
      from: { key: folder, id: newId('model') },
    });
    for (const array of arrays.filter(({ name }) => name !== 'bn3.bias')) assert.deepEqual(stored.get(array.name), array);
    const [event] = eventsOf(reports, 'weights.imported');
    assert.equal(event?.level, 'warn');
    assert.match(event.message, /14 imported parameters; 1 that the file did not give/);
  });
});
