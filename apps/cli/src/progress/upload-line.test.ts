import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderUploadLine } from './upload-line.ts';

const line = (sentBytes: number, sizeBytes: number | null, columns = 80) =>
  renderUploadLine({ label: 'Uploading a.zip', sentBytes, sizeBytes, columns });

test('an upload of a known size has a bar, a share and both sizes', () => {
  assert.equal(line(30e6, 120e6), `Uploading a.zip  ${'━'.repeat(6)}${'─'.repeat(18)}  25.0 %  30.0 MB of 120 MB`);
  assert.equal(line(120e6, 120e6), `Uploading a.zip  ${'━'.repeat(24)}  100.0 %  120 MB of 120 MB`);
});

test('one of an unknown size tells how much has gone', () => {
  assert.equal(line(1500, null), 'Uploading a.zip  1.5 kB');
});

test('the line is never longer than the terminal is wide', () => {
  for (const columns of [10, 30, 50, 60]) assert.ok(line(1, 120e6, columns).length <= columns);
});
