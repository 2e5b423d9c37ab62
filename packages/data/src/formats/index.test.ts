import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { formats } from './index.ts';

const notFormats = ['class-names', 'data-invalid', 'format', 'index', 'label-sets', 'split-names'];

test('each format has its own id and stands in the file of that name', async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'));
  const modules = files.map((name) => name.slice(0, -'.js'.length)).filter((name) => !notFormats.includes(name));
  assert.deepEqual(formats.map(({ id }) => id).sort(), modules.sort());
});
