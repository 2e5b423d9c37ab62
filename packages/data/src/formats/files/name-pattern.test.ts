import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessNamePattern, readName } from './name-pattern.ts';

const read = (path: string, pattern: string) => {
  const facts = readName(path, pattern);
  return facts && [facts.label, facts.group];
};

test('parts of a name are told apart by what stands between them', () => {
  assert.deepEqual(read('recordings/7_jackson_32.wav', '{label}_{group}_*'), ['7', 'jackson']);
  assert.deepEqual(read('a/patient-12.scan.png', 'patient-{group}.*'), [null, '12']);
  assert.deepEqual(read('1-100032-A-0.wav', '{group}-*-{label}'), ['A-0', '1']);
  assert.deepEqual(read('dog.jpg', '{label}'), ['dog', null]);
  assert.deepEqual(read('x_dog_end.jpg', 'x_{label}_end'), ['dog', null]);
});

test('a name that does not fit tells nothing', () => {
  for (const [path, pattern] of [
    ['7jackson.wav', '{label}_{group}_*'],
    ['_jackson_3.wav', '{label}_{group}_*'],
    ['scan-1.png', 'patient-{group}'],
    ['x_dog_start.jpg', 'x_{label}_end'],
    ['x_end.jpg', 'x_{label}_end'],
  ] as const) {
    assert.equal(readName(path, pattern), null, path);
  }
});

test('the longest names and patterns are read at once', () => {
  const pattern = `${'*_'.repeat(90)}{label}!`;
  assert.equal(readName(`${'_'.repeat(1000)}x`, pattern), null);
});

test('a first part that few values share is a class; a second one of words a group', () => {
  const names = (parts: string[][]) => parts.map((part) => `x/${part.join('_')}.wav`);
  const digits = ['0', '1', '2'].flatMap((digit) =>
    ['ann', 'bob'].flatMap((speaker) => [0, 1].map((i) => [digit, speaker, `${i}`])),
  );
  assert.equal(guessNamePattern(names(digits)), '{label}_{group}_*');
  assert.equal(guessNamePattern(names(digits.map(([digit = '', , i = '']) => [digit, i]))), '{label}_*');
  assert.equal(guessNamePattern(names(digits.map(([digit = '', , i = '']) => [digit, '7', i]))), '{label}_*');
  const unalike: string[][][] = [
    [
      ['a', '1'],
      ['b', '2'],
    ],
    [['a', '1'], ['a', '2'], ['b'], ['b', '2']],
    [
      ['a', '1'],
      ['a', '2'],
      ['a', '3'],
      ['a', '4'],
    ],
    [],
  ];
  for (const parts of unalike) assert.equal(guessNamePattern(names(parts)), null);
});
