import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildHubParquet } from '../../testkit/build-parquet.ts';
import { ParquetReader } from './parquet-reader.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-parquet-'));
after(() => rm(root, { recursive: true, force: true }));

/** Labels that are there and missing in turn, so that their pages say so with a bit for each row. */
const rows = Array.from({ length: 40 }, (_, i) => ({ image: null, label: i % 2 === 0 ? 1 : null }));
const sound = buildHubParquet(rows, { classNames: null, codec: 'UNCOMPRESSED' });

/** The same file, in which these bits are replaced by the claim that one of them repeats 2^30 - 1 times. */
function makeEndless(): Buffer {
  const bits = Buffer.from([0x0b, 0x55, 0x55, 0x55, 0x55, 0x55]);
  const at = sound.indexOf(bits);
  assert.ok(at > 0);
  const endless = Buffer.from(sound);
  Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x07, 0x01]).copy(endless, at);
  return endless;
}

async function readerOf(file: Buffer, patienceMs?: number): Promise<ParquetReader> {
  const path = join(root, `${file.length}-${patienceMs}`);
  await writeFile(path, file);
  return new ParquetReader({ path, offset: 0, sizeBytes: file.length }, 'x.parquet', patienceMs);
}

test('cells come by row, in the order of the columns asked for', async () => {
  const reader = await readerOf(sound);
  const { groups, columns } = await reader.describe();
  assert.deepEqual([columns, groups.map(({ rows: count }) => count)], [['image', 'label'], [40]]);
  const { cells } = await reader.readRows(0, ['label', 'image'], 0);
  assert.deepEqual(cells.slice(0, 2), [
    ['1', null],
    [null, null],
  ]);
  await reader.close();
});

test('a file that keeps its decoder busy is given up', async () => {
  const reader = await readerOf(makeEndless(), 3000);
  await reader.describe();
  await assert.rejects(reader.readRows(0, ['label'], 0), {
    code: 'dataInvalid',
    message: /^x\.parquet: Its row group 0 cannot be read, .* it takes too long$/,
  });
  await reader.close();
});
