import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { findingKinds } from './finding.ts';

test('docs/reliability.md lists every finding, with what a repair does', async () => {
  const page = await readFile(new URL('../../../../docs/reliability.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (N\d) +\| (.+?) +\| (.*?) *\|$/gm)].map(([, ...cells]) => cells);
  const kinds = Object.entries(findingKinds).map(([code, { keeps, says, repair }]) => [code, keeps, says, repair ?? '']);
  assert.deepEqual(rows, kinds);
});
