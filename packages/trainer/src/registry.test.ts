import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { newId } from '@scion/schema';
import { z } from 'zod';
import {
  augmentations,
  autoMethod,
  backbones,
  CreateJob,
  constraints,
  finetuneMethods,
  optimizers,
  pretrainMethods,
  type RegistryEntry,
  regularizers,
  schedules,
} from './catalog.ts';
import { entryOf, unionOf } from './registry.ts';

const registries: { folder: string; entries: readonly RegistryEntry[] }[] = [
  { folder: 'models', entries: backbones },
  { folder: 'methods/pretrain', entries: pretrainMethods },
  { folder: 'methods/finetune', entries: finetuneMethods },
  { folder: 'augment', entries: augmentations },
  { folder: 'optimizers', entries: optimizers },
  { folder: 'schedules', entries: schedules },
  { folder: 'regularizers', entries: regularizers },
  { folder: 'constraints', entries: constraints },
];

/** Settings that have no default, since only who asks can know them. */
const required: Record<string, Record<string, unknown>> = {
  normalize: { mean: [0.5], std: [0.5] },
  resize: { size: 8 },
  'random-crop': { size: 8 },
  'random-resized-crop': { size: 8 },
  step: { epochs: [5] },
  partial: { layers: ['*.weight'] },
  l1: { lambda: 0.1 },
  l2: { lambda: 0.1 },
  'group-lasso': { lambda: 0.1 },
  spectral: { lambda: 0.1 },
  orthogonality: { lambda: 0.1 },
  distillation: { teacher: { model: newId('model') } },
  consistency: { mu: 0.1 },
  'mean-prediction-prior': { mu: 0.1 },
  'class-attributes': { mu: 0.1, attributes: { cat: [0, 1], dog: [1, 1] } },
  'equal-risk': { mu: 0.1, groups: [['cat'], ['dog']] },
};

function isEntry(value: unknown): value is RegistryEntry {
  return typeof value === 'object' && value !== null && 'id' in value && 'summary' in value && 'config' in value;
}

/** Every entry that some module of a folder exports. */
async function exportedEntries(folder: string): Promise<Set<RegistryEntry>> {
  const place = new URL(`./${folder}/`, import.meta.url);
  const names = (await readdir(place)).filter((name) => name.endsWith('.js') && !/\.(test|fixture)\.js$/.test(name));
  const modules = await Promise.all(names.map((name) => import(new URL(name, place).href) as Promise<object>));
  return new Set(modules.flatMap((module) => Object.values(module)).filter(isEntry));
}

for (const { folder, entries } of registries) {
  describe(`the registry of ${folder}`, () => {
    it('holds every entry that a file of the folder exports', async () => {
      assert.deepEqual(new Set(entries), await exportedEntries(folder));
    });

    it('has one id for each entry, equal to the `type` of its settings', () => {
      assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length);
      for (const { id, config } of entries) assert.deepEqual([...config.shape.type.values], [id]);
    });

    for (const { id, config, summary } of entries) {
      const settings = { type: id, ...required[id] };

      it(`${id} takes its defaults, which are final`, () => {
        const parsed = config.parse(settings);
        assert.deepEqual(config.parse(parsed), parsed);
      });

      it(`${id} names an unknown key`, () => {
        const { error } = config.safeParse({ ...settings, learningrate: 1 });
        assert.match(error?.issues[0]?.message ?? '', /Unrecognized key: "learningrate"/);
      });

      it(`${id} describes itself, also as JSON Schema`, () => {
        assert.ok(summary.length > 10);
        const schema = z.toJSONSchema(config, { io: 'input' });
        assert.equal(schema.additionalProperties, false);
        assert.deepEqual(schema.properties?.['type'], { type: 'string', const: id });
      });
    }
  });
}

describe('unionOf', () => {
  const entry = (id: string): RegistryEntry => ({ id, summary: 'One of two', config: z.strictObject({ type: z.literal(id) }) });

  it('refuses two entries of one id', () => {
    assert.throws(() => unionOf([entry('twin'), entry('twin')]), /Two registry entries have the id "twin"/);
  });

  it('parses by `type` and names the known types', () => {
    const union = unionOf([entry('one'), entry('two')]);
    assert.deepEqual(union.parse({ type: 'two' }), { type: 'two' });
    assert.throws(() => union.parse({ type: 'three' }), /one.*two/s);
  });
});

describe('entryOf', () => {
  it('finds an entry, and names those there are where it does not', () => {
    assert.equal(entryOf(optimizers, 'adam').id, 'adam');
    assert.throws(() => entryOf(optimizers, 'sophia'), /"sophia" is not registered; there are sgd, adam/);
  });
});

describe('CreateJob', () => {
  it('is the union of what can be asked for, as JSON Schema', () => {
    const schema = JSON.stringify(z.toJSONSchema(CreateJob, { io: 'input' }));
    for (const { entries } of registries) for (const { id } of entries) assert.ok(schema.includes(`"const":"${id}"`), id);
    assert.ok(schema.includes(`"const":"${autoMethod.id}"`));
  });
});
