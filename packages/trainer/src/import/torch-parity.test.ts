import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openDevice } from '@scion/engine';
import { computeValues } from '@scion/engine/ops';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { fromFile } from '../artifact/file-layout.ts';
import { readStartFolder } from '../artifact/parameter-folder.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import type { BackboneEntry } from '../models/define-backbone.ts';
import { backbones } from '../models/index.ts';
import { entryOf } from '../registry.ts';
import { openTemporaryStore } from '../training.fixture.ts';
import { forwardOf } from '../wave-parameters.fixture.ts';
import { ImportSettings } from './import-settings.ts';
import { importWeights } from './import-weights.ts';
import { withTensorFile } from './tensor-file.ts';

const environment = process.env['SCION_TORCH_ENV'] ?? join(homedir(), '.cache', 'scion', 'torch-2.15.0');
const python = join(environment, 'bin', 'python');
const hasTorch = spawnSync(python, ['-c', 'import timm, torch, torchvision, safetensors']).status === 0;
const script = fileURLToPath(new URL('../../src/import/torch-parity.fixture.py', import.meta.url));

const Case = z.object({ config: z.looseObject({ type: z.string() }), side: z.int(), weights: z.string(), result: z.string() });

/** Random weights of torchvision and timm, in files that PyTorch and safetensors write, imported as any user's. */
describe('networks of torchvision and timm', {
  skip: !hasTorch && `no PyTorch with timm in ${environment} (SCION_TORCH_ENV)`,
}, async () => {
  const { store } = await openTemporaryStore();
  const folder = mkdtempSync(join(tmpdir(), 'scion-parity-'));
  after(() => rmSync(folder, { recursive: true }));
  before(() => openDevice());
  execFileSync(python, [script, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const cases = z.array(Case).parse(JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')));

  for (const [index, { config, side, weights, result }] of cases.entries()) {
    it(`give the same features as ${Object.values(config).join(', ')} here, imported from ${weights}`, async () => {
      const settings = ImportSettings.parse({ backbone: config, inputShape: [side, side, 3], rename: { 'module.': '' } });
      const file = { path: join(folder, weights), sha256: '' };
      const { report } = await importWeights({ file, settings, store, folder: `models/${index}` });
      assert.deepEqual([report.missing, report.reshaped], [[], []]);
      const unused = report.unexpected.filter((name) => !name.endsWith('num_batches_tracked'));
      assert.deepEqual(unused, []);

      const { parameters } = await readStartFolder(store, `models/${index}`);
      const backbone = entryOf<BackboneEntry>(backbones, config.type).create(config, [side, side, 3]);
      const { images, features } = await readResult(join(folder, result));
      const given = computeValues(() => {
        const tensors = new Map(
          backbone.parameters.map((spec) => [spec.name, tf.tensor(fromFile(spec, parameters.get(spec.name)!), [...spec.shape])]),
        );
        return backbone.features(forwardOf(tensors, { training: false }), tf.tensor4d(images, [2, side, side, 3]));
      });
      // Of the largest: residual networks of random weights grow theirs from block to block.
      const largest = features.reduce((most, feature) => Math.max(most, Math.abs(feature)), 1);
      assertCloseTo([...given], [...features], 1e-4 * largest);
    });
  }
});

async function readResult(path: string): Promise<{ images: Float32Array; features: Float32Array }> {
  return await withTensorFile(path, { entry: null }, async ({ tensors }) => {
    const read = (wanted: string) => tensors.find(({ name }) => name === wanted)!.read();
    return { images: await read('images'), features: await read('features') };
  });
}
