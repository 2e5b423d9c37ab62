import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBackboneParity } from '../backbone-parity.fixture.ts';
import { parameterCount } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { backbones } from './index.ts';

describeBackboneParity('auto');

const create = (type: string, side: number, channels: number) =>
  entryOf(backbones, type).create({ type }, [side, side, channels]);

describe('backbones', () => {
  it("have as many parameters as PyTorch's at 32×32×3", () => {
    const counts = backbones.map(({ id }) => [id, parameterCount(create(id, 32, 3).parameters)]);
    assert.deepEqual(counts, [
      ['reference-net', 34_155_904],
      ['mlp', 1_704_704],
      ['convnet-small', 93_472],
      ['resnet18-small', 700_176],
      ['resnet18', 11_168_832],
      ['resnet34', 21_276_992],
      ['resnet50', 23_500_352],
      ['wide-resnet', 2_746_320],
      ['mobilenet-v2', 2_223_872],
      ['efficientnet-lite0', 3_371_008],
      ['convnext', 3_374_520],
      ['vit-tiny', 5_360_832],
      ['vit-small', 21_338_496],
    ]);
  });

  it('have as many parameters as published at 224×224×3, less those of the classifier', () => {
    const count = (type: string, settings: object, classifier: number) =>
      parameterCount(entryOf(backbones, type).create({ type, ...settings }, [224, 224, 3]).parameters) + classifier;
    const thousand = (features: number) => (features + 1) * 1000;
    assert.equal(count('resnet18', { stem: 'imagenet' }, thousand(512)), 11_689_512);
    assert.equal(count('resnet34', { stem: 'imagenet' }, thousand(512)), 21_797_672);
    assert.equal(count('resnet50', { stem: 'imagenet' }, thousand(2048)), 25_557_032);
    assert.equal(count('mobilenet-v2', {}, thousand(1280)), 3_504_872);
    assert.equal(count('efficientnet-lite0', {}, thousand(1280)), 4_652_008);
    assert.equal(count('vit-tiny', { patch: 16 }, thousand(192)), 5_717_416);
    assert.equal(count('vit-small', { patch: 16 }, thousand(384)), 22_050_664);
    assert.equal(count('convnext', { size: 'atto' }, thousand(320)), 3_695_520);
    assert.equal(count('convnext', { size: 'femto' }, thousand(384)), 5_217_784);
    assert.equal(count('convnext', { size: 'pico' }, thousand(512)), 9_045_672);
    assert.equal(count('convnext', { size: 'nano' }, thousand(640)), 15_593_560);
    assert.equal(count('convnext', { size: 'tiny' }, thousand(768)), 28_589_128);
  });

  it("have as many parameters as Zagoruyko & Komodakis' for CIFAR-10, in millions, less those of the classifier", () => {
    const published = { '16-4': 2.7, '16-8': 11.0, '28-10': 36.5 }; // tables 5 and 9 of the paper
    for (const [name, millions] of Object.entries(published)) {
      const [depth = 0, width = 0] = name.split('-').map(Number);
      const { parameters, featureCount } = entryOf(backbones, 'wide-resnet').create(
        { type: 'wide-resnet', depth, width },
        [32, 32, 3],
      );
      assert.equal(((parameterCount(parameters) + (featureCount + 1) * 10) / 1e6).toFixed(1), millions.toFixed(1), name);
    }
  });

  it('have a smallest variant where they are large', () => {
    for (const { id, tiny, create: make } of backbones as readonly BackboneEntry[]) {
      const small = parameterCount(make({ type: id, ...tiny }, [4, 4, 3]).parameters);
      assert.ok(small < 2_000_000, `${id} has ${small} parameters at its smallest`);
    }
  });

  it('name their parameters once each, as torchvision does', () => {
    for (const { id } of backbones) {
      const names = create(id, 8, 1).parameters.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length, id);
    }
    const names = create('resnet18-small', 8, 3).parameters.map(({ name }) => name);
    const expected = [
      'conv1.weight',
      'bn1.running_var',
      'layer1.0.conv1.weight',
      'layer2.0.downsample.0.weight',
      'layer4.1.bn2.bias',
    ];
    for (const name of expected) assert.ok(names.includes(name), name);
    assert.ok(!names.includes('layer1.0.downsample.0.weight'), 'the first stage changes no shape');
  });

  it('take images of one channel', () => {
    for (const { id } of backbones) {
      const first = create(id, 8, 1).parameters.find(
        ({ layout }) => layout.type === 'convolution' || layout.type === 'flattened',
      );
      const channels = first?.layout.type === 'flattened' ? first.layout.map[2] : first?.shape[2];
      assert.equal(channels, 1, id);
    }
  });

  it('are sized by the image only where a linear layer follows the feature map', () => {
    const shapes = (type: string, side: number) => create(type, side, 3).parameters.map(({ shape }) => shape);
    assert.deepEqual(shapes('convnet-small', 8), shapes('convnet-small', 64));
    assert.deepEqual(shapes('resnet18-small', 8), shapes('resnet18-small', 64));
    assert.deepEqual(shapes('convnext', 8), shapes('convnext', 64));
    assert.notDeepEqual(shapes('reference-net', 8), shapes('reference-net', 64));
    assert.notDeepEqual(shapes('mlp', 8), shapes('mlp', 64));
  });

  it('refuse images that leave nothing after the pool', () => {
    assert.throws(() => create('reference-net', 1, 3), { code: 'shapeMismatch', message: /at least 2×2, not 1×1/ });
    assert.throws(() => create('convnext', 3, 3), { code: 'shapeMismatch', message: /at least 4×4, not 3×3/ });
  });

  it('refuse images that their patches do not tile', () => {
    const refusal = { code: 'shapeMismatch', message: /vit-tiny cuts images into 4×4 patches: 30×30 is no multiple/ };
    assert.throws(() => create('vit-tiny', 30, 3), refusal);
  });
});
