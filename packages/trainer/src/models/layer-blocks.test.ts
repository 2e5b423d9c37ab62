import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackboneEntry } from './define-backbone.ts';
import { backbones } from './index.ts';
import { layerBlocks } from './layer-blocks.ts';

const blocksOf = (id: string, settings: object = {}) => {
  const entry = (backbones as readonly BackboneEntry[]).find((backbone) => backbone.id === id)!;
  return layerBlocks(entry.create({ type: id, ...settings }, [32, 32, 3]).parameters);
};
const firstNames = (id: string) => blocksOf(id).map(([first]) => first);

describe('the blocks of a network', () => {
  for (const { id, tiny, create } of backbones as readonly BackboneEntry[]) {
    it(`hold each parameter of ${id} once, in its order`, () => {
      const names = create({ type: id, ...tiny }, [32, 32, 3]).parameters.map(({ name }) => name);
      assert.deepEqual(blocksOf(id, tiny).flat(), names);
      assert.ok(blocksOf(id, tiny).length > 1);
    });
  }

  it('are the layers of a plain network, each with its normalisation', () => {
    assert.deepEqual(firstNames('convnet-small'), ['conv1.weight', 'conv2.weight', 'conv3.weight']);
    assert.ok(blocksOf('convnet-small')[1]!.includes('bn2.running_var'));
  });

  it('are the residual blocks of a ResNet', () => {
    const firsts = [1, 2, 3, 4].flatMap((stage) => [`layer${stage}.0.conv1.weight`, `layer${stage}.1.conv1.weight`]);
    assert.deepEqual(firstNames('resnet18'), ['conv1.weight', ...firsts]);
    assert.ok(blocksOf('resnet18')[3]!.includes('layer2.0.downsample.0.weight'));
  });

  it('are the transformer blocks of a vision transformer, its tokens with its patches', () => {
    const blocks = blocksOf('vit-tiny');
    assert.deepEqual(blocks[0], ['cls_token', 'pos_embed', 'patch_embed.proj.weight', 'patch_embed.proj.bias']);
    assert.equal(blocks.length, 13);
    assert.ok(blocks[12]!.includes('norm.weight'));
  });
});
