import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDevice } from '../device.ts';
import type { Reading } from './flat-memory.fixture.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('./flat-memory.fixture.js', import.meta.url));

/** V8's young generation at one size: Node 24 doubles it once on the way, which is nothing that a step holds. */
const flags = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe('5000 compiled steps', () => {
  it('hold as much memory at their end as after the first 200', async (t) => {
    if (!(await openDevice()).backend.startsWith('tensorflow')) return t.skip('TensorFlow is not set up here');
    const { stdout } = await run(process.execPath, [...flags, script], { timeout: 300_000 });
    const { readings, losses } = JSON.parse(stdout) as { readings: Reading[]; losses: number[] };
    const settled = readings.filter(({ step }) => step >= 200);
    assert.equal(settled.at(-1)?.step, 5000);
    assert.ok((losses.at(-1) ?? 9) < (losses[0] ?? 0), 'the net learns, so the steps did what they should');

    assert.deepEqual([...new Set(settled.map(({ tensors }) => tensors))].length, 1, 'tensors of tfjs');
    assert.deepEqual([...new Set(settled.map(({ nativeTensors }) => nativeTensors))].length, 1, "tensors of TensorFlow's");

    // Medians of five readings: an allocator gives pages back when it likes.
    const early = median(settled.slice(0, 5).map(({ residentBytes }) => residentBytes));
    const late = median(settled.slice(-5).map(({ residentBytes }) => residentBytes));
    const growth = late / early - 1;
    t.diagnostic(`${(early / 2 ** 20).toFixed(0)} MiB, growth ${(100 * growth).toFixed(2)} %`);
    assert.ok(growth < 0.02, `resident memory grew by ${(100 * growth).toFixed(2)} %`);
  });
});
