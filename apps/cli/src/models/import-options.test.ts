import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backboneOption, renameOption, shapeOption } from './import-options.ts';

test('--backbone takes an id or JSON', () => {
  assert.deepEqual(backboneOption.parse('resnet18'), { type: 'resnet18' });
  assert.deepEqual(backboneOption.parse('{"type":"resnet18","stem":"imagenet"}'), { type: 'resnet18', stem: 'imagenet' });
  assert.throws(() => backboneOption.parse('{"type":'), /JSON/);
  assert.throws(() => backboneOption.parse('{"stem":"imagenet"}'), /type/);
});

test('--input-shape takes three numbers', () => {
  assert.deepEqual(shapeOption.parse('32,32,3'), [32, 32, 3]);
  for (const text of ['32', '32,32', '32,32,0', 'a,b,c', '32x32x3']) assert.throws(() => shapeOption.parse(text), text);
});

test('--rename takes pairs, and nothing in the place of a name', () => {
  assert.deepEqual(renameOption.parse('module.='), { 'module.': '' });
  assert.deepEqual(renameOption.parse('module.=,encoder.=backbone.'), { 'module.': '', 'encoder.': 'backbone.' });
  for (const text of ['module.', '=x', 'a=b=c', 'a=b,', '']) assert.throws(() => renameOption.parse(text), /OLD=NEW/, text);
});
