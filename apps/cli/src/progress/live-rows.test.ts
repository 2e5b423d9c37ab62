import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from '../output/output.ts';
import { collectingStream } from '../testkit/collecting-stream.ts';
import { createLiveRows } from './live-rows.ts';

test('a terminal sees rows rewritten in place', () => {
  const { rows, written } = liveRows({ isTTY: true });
  rows.set(0, { text: 'first', milestone: '1' });
  rows.set(1, { text: 'second', milestone: '1' });
  rows.set(0, { text: 'first again', milestone: '1' });
  assert.equal(screenOf(written()), 'first again\nsecond\n');
});

test('a pipe gets a line at each milestone only', () => {
  const { rows, written } = liveRows({ isTTY: false });
  rows.set(0, { text: 'epoch 1, step 1', milestone: '1' });
  rows.set(0, { text: 'epoch 1, step 2', milestone: '1' });
  rows.set(0, { text: 'epoch 2, step 1', milestone: '2' });
  assert.equal(written(), 'epoch 1, step 1\nepoch 2, step 1\n');
});

function liveRows({ isTTY }: { isTTY: boolean }) {
  const stream = collectingStream({ isTTY });
  return { rows: createLiveRows(createOutput({ stdout: stream, stderr: stream, json: false })), written: stream.text };
}

/** What stands on a screen after these characters: knows "up", "erase line" and line ends. */
function screenOf(characters: string): string {
  const lines: string[] = [''];
  let row = 0;
  for (const [part] of characters.replaceAll('\x1b', '␛').matchAll(/␛\[(?:\d+A|2K)|\r|\n|[^␛\r\n]+/g)) {
    if (part.endsWith('A')) row -= Number.parseInt(part.slice(2), 10);
    else if (part === '␛[2K') lines[row] = '';
    else if (part === '\n') row += 1;
    else if (part !== '\r') lines[row] = part;
    lines[row] ??= '';
  }
  return lines.join('\n');
}
