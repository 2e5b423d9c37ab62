import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeBackboneParity } from '../backbone-parity.fixture.ts';
import { parameterCount } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import { backbones } from './index.ts';

describeBackboneParity('auto');

const create = (type: string, side: number, channels: number) =>
  entryOf(backbones, type).create({ type }, [side, side, channels]);

describe('backbones', () => {
  it("have as many parameters as PyTorch's at 32×32×3", () => {
    const counts = backbones.map(({ id }) => [id, parameterCount(create(id, 32, 3).parameters)]);
    assert.deepEqual(counts, [
      ['reference-net', 34_155_904],
      ['convnet-small', 93_472],
      ['resnet18-small', 700_176],
    ]);
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
    for (const { id } of backbones) assert.equal(create(id, 8, 1).parameters[0]?.shape[2], 1, id);
  });

  it('are sized by the image only where a linear layer follows the feature map', () => {
    const shapes = (type: string, side: number) => create(type, side, 3).parameters.map(({ shape }) => shape);
    assert.deepEqual(shapes('convnet-small', 8), shapes('convnet-small', 64));
    assert.deepEqual(shapes('resnet18-small', 8), shapes('resnet18-small', 64));
    assert.notDeepEqual(shapes('reference-net', 8), shapes('reference-net', 64));
  });

  it('refuse images that leave nothing after the pool', () => {
    assert.throws(() => create('reference-net', 1, 3), { code: 'shapeMismatch', message: /at least 2×2, not 1×1/ });
  });
});
