import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesGlob } from './glob.ts';

describe('matchesGlob', () => {
  const matching: [pattern: string, text: string][] = [
    ['head.weight', 'head.weight'],
    ['head.*', 'head.bias'],
    ['*', ''],
    ['*', 'layer1.0.conv1.weight'],
    ['layer?.*.weight', 'layer1.0.bn2.weight'],
    ['*.bias', 'a.bias.bias'],
    ['*a*b', 'aabab'],
    ['**x', 'x'],
    ['', ''],
  ];
  const different: [pattern: string, text: string][] = [
    ['head', 'head.weight'],
    ['head.*', 'ahead.bias'],
    ['layer?', 'layer'],
    ['*.bias', 'bias'],
    ['a*b', 'abc'],
    ['a.b', 'axb'],
    ['', 'a'],
    ['?', ''],
  ];
  for (const [pattern, text] of matching) {
    it(`finds "${pattern}" in "${text}"`, () => assert.equal(matchesGlob(pattern, text), true));
  }
  for (const [pattern, text] of different) {
    it(`does not find "${pattern}" in "${text}"`, () => assert.equal(matchesGlob(pattern, text), false));
  }

  it('takes no time to speak of over a pattern that is made to take long', () => {
    assert.equal(matchesGlob(`${'*a'.repeat(2000)}b`, 'a'.repeat(5000)), false);
  });
});
