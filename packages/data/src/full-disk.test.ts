import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ScionError } from '@scion/schema';
import { packDataset } from './pack/pack-dataset.ts';
import { buildTarGz } from './testkit/build-archive.ts';
import { gradient, png } from './testkit/build-image.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';

const { request } = await createPackingPlace();
const disk = await mkdtemp(join(tmpdir(), 'scion-disk-'));
const isMounted =
  process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
after(async () => {
  if (isMounted) spawnSync('umount', [disk]);
  await rm(disk, { recursive: true });
});
const resize = (kib: number) => spawnSync('mount', ['-o', `remount,size=${kib}k`, disk]);

const images = await Promise.all(Array.from({ length: 300 }, (_, i) => png(gradient(20, 20, i))));
const upload = await buildTarGz(Object.fromEntries(images.map((bytes, i) => [`${i % 3}/${i}.png`, bytes])));

test('a disk that is full, at whatever point of packing, is told as such and left empty', {
  skip: !isMounted && 'skipped: no disk can be mounted here',
}, async () => {
  let refusals = 0;
  for (let kib = 64; ; kib += 64) {
    assert.ok(kib < 20_000, 'packing never had enough');
    resize(kib);
    const asked = { ...(await request(upload)), outDir: join(disk, 'packed') };
    const error: unknown = await packDataset(asked).then(
      () => null,
      (caught: unknown) => caught,
    );
    if (error === null) break;
    assert.ok(error instanceof ScionError && error.code === 'insufficientStorage', String(error));
    assert.deepEqual(await readdir(disk), [], `${kib} KiB`);
    refusals++;
  }
  assert.ok(refusals >= 3, `${refusals} sizes were too small`);
});
