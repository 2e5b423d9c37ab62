import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ScionError } from '@scion/schema';
import { fileShape } from '../artifact/file-layout.ts';
import { readStartFolder } from '../artifact/parameter-folder.ts';
import { encodeSafetensors, type NamedArray } from '../artifact/safetensors.ts';
import { convnetSmall } from '../models/convnet-small.ts';
import { initialValues } from '../parameters.ts';
import { openTemporaryStore } from '../training.fixture.ts';
import { ImportSettings } from './import-settings.ts';
import { importWeights } from './import-weights.ts';
import { floats, pickle, torchZip } from './torch-file.fixture.ts';
import { withFile } from './weights-file.fixture.ts';

const { store } = await openTemporaryStore();
const { parameters } = convnetSmall.create({ type: 'convnet-small' }, [32, 32, 3]);
const sha256 = 'a'.repeat(64);

/** Every parameter of the backbone as a file would hold it, from another seed than new networks. */
const complete: NamedArray[] = parameters.map((spec) => ({
  name: spec.name,
  shape: fileShape(spec),
  data: initialValues(spec, 7),
}));
const without = (name: string) => complete.filter((array) => array.name !== name);

let imports = 0;
async function importOf(file: Uint8Array | readonly NamedArray[], settings: object = {}) {
  const folder = `models/${imports++}`;
  const bytes = file instanceof Uint8Array ? file : Buffer.concat(encodeSafetensors(file));
  const parsed = ImportSettings.parse({ backbone: { type: 'convnet-small' }, ...settings });
  const imported = await withFile(bytes, (path) => importWeights({ file: { path, sha256 }, settings: parsed, store, folder }));
  return { ...imported, ...(await readStartFolder(store, folder)) };
}

const isRefused = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ScionError && error.code === 'weightsInvalid', String(error));
  assert.match(error.message, pattern);
  return true;
};

describe('importing a file of weights', () => {
  it('makes its tensors the parameters of a backbone, and says so', async () => {
    const { report, parameters: stored, parameterCount, manifest } = await importOf(complete);
    assert.deepEqual([...stored.values()], complete);
    assert.equal(parameterCount, 93_472);
    assert.deepEqual(report, {
      format: 'safetensors',
      entry: null,
      sha256,
      loaded: 15,
      missing: [],
      reshaped: [],
      unexpected: [],
      converted: {},
    });
    assert.ok('imported' in manifest);
    assert.deepEqual(manifest.imported, {
      backbone: { type: 'convnet-small' },
      inputShape: [224, 224, 3],
      report,
    });
  });

  it('reports what the file holds beside them', async () => {
    const head = { name: 'fc.weight', shape: [10, 128], data: new Float32Array(1280) };
    assert.deepEqual((await importOf([...complete, head])).report.unexpected, ['fc.weight']);
  });

  it('refuses a file that lacks a parameter, unless told not to be strict', async () => {
    await assert.rejects(
      importOf(without('bn2.bias')),
      isRefused(/^bn2\.bias: The file does not hold it.*set `strict` to false/),
    );
    const { report, parameters: stored } = await importOf(without('bn2.bias'), { strict: false });
    assert.deepEqual([report.missing, report.loaded], [['bn2.bias'], 14]);
    assert.deepEqual(
      [...stored.get('bn2.bias')!.data],
      Array.from({ length: 64 }, () => 0),
    );
  });

  it('refuses a parameter of another shape, unless told not to be strict', async () => {
    const grey = { name: 'conv1.weight', shape: [32, 1, 3, 3], data: new Float32Array(288) };
    const file = [...without('conv1.weight'), grey];
    await assert.rejects(importOf(file), isRefused(/^conv1\.weight: The file holds it as 32×1×3×3, but 32×3×3×3 is needed/));
    const { report, parameters: stored } = await importOf(file, { strict: false });
    assert.deepEqual(report.reshaped, [{ name: 'conv1.weight', stored: [32, 1, 3, 3], expected: [32, 3, 3, 3] }]);
    assert.deepEqual(stored.get('conv1.weight')!.data, initialValues(parameters[0]!, 0));
    assert.equal((await importOf(file, { inputShape: [32, 32, 1] })).report.loaded, 15);
  });

  it('renames the beginnings of names, the longest first', async () => {
    const prefixed = complete.map((array) => ({ ...array, name: `module.backbone.${array.name}` }));
    const rename = { 'module.': 'wrong.', 'module.backbone.': '' };
    assert.equal((await importOf(prefixed, { rename })).report.loaded, 15);
    await assert.rejects(
      importOf(prefixed),
      isRefused(/gives no parameter of convnet-small: it holds module\.backbone\.conv1\.weight/),
    );
    const twice = [...complete, ...prefixed];
    await assert.rejects(importOf(twice, { rename }), isRefused(/holds both conv1\.weight and module\.backbone\.conv1\.weight/));
  });

  it('counts what came in another type', async () => {
    const tensors = complete.map(({ name, shape }, index) => {
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
      return [name, pickle.tensor({ key: String(index), shape, strides, type: 'DoubleStorage' })] as const;
    });
    const storages = complete.map(({ data }, index) => [index, Buffer.from(Float64Array.from(data).buffer)] as const);
    const pickled = pickle.of(pickle.dict({ state_dict: pickle.dict(Object.fromEntries(tensors)) }));
    const { report, parameters: stored } = await importOf(await torchZip(pickled, Object.fromEntries(storages)));
    assert.deepEqual([report.format, report.entry, report.converted], ['torch', 'state_dict', { F64: 15 }]);
    assert.deepEqual([...stored.values()], complete);
  });

  it('refuses numbers that are not finite', async () => {
    const broken = { name: 'bn1.bias', shape: [32], data: new Float32Array(32).fill(Number.NaN) };
    await assert.rejects(importOf([...without('bn1.bias'), broken]), isRefused(/numbers in bn1\.bias that are not finite/));
  });

  it('refuses images that the backbone cannot take', async () => {
    const settings = { backbone: { type: 'vit-tiny' }, inputShape: [30, 30, 3] };
    await assert.rejects(importOf(complete, settings), { code: 'shapeMismatch' });
  });

  it('refuses a file that lists a tensor of more values than it holds', async () => {
    const zip = await torchZip(pickle.of(pickle.dict({ 'bn1.bias': pickle.tensor({ key: '0', shape: [32], strides: [1] }) })), {
      0: floats(1, 2, 3),
    });
    await assert.rejects(importOf(zip, { strict: false }), isRefused(/does not hold all of bn1\.bias/));
  });
});
