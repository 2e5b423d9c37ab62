import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { bindingFile, findRuntime, type RuntimeRecord, recordFile, runtimeRoot } from './locate.ts';
import { releaseFor } from './release.ts';

const release = releaseFor({ platform: process.platform, arch: process.arch, gpu: false });
const library = join('site', 'tensorflow', 'libtensorflow_cc.so.2');
const folders: string[] = [];

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** A runtime folder as the set-up leaves it, with a few bytes for each library. */
async function installedRuntime(): Promise<{ root: string; folder: string }> {
  const root = await mkdtemp(join(tmpdir(), 'scion-locate-'));
  folders.push(root);
  const folder = join(root, release?.id ?? '');
  const files: RuntimeRecord['files'] = {};
  for (const path of [bindingFile, library]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), 'library');
    files[path] = { sizeBytes: 7, sha256: '' };
  }
  const record: RuntimeRecord = { tensorflow: '2.21.0', gpu: false, compiler: 'g++', files };
  await writeFile(join(folder, recordFile), JSON.stringify(record));
  return { root, folder };
}

describe('findRuntime', { skip: release ? false : 'there is no TensorFlow build for this machine' }, () => {
  it('finds a finished runtime and what was written down about it', async () => {
    const { root, folder } = await installedRuntime();
    const runtime = await findRuntime({ root, gpu: false });
    assert.equal(runtime?.folder, folder);
    assert.equal(runtime?.bindingPath, join(folder, bindingFile));
    assert.equal(runtime?.record.compiler, 'g++');
  });

  it('finds nothing in an empty folder, and no CUDA runtime where the other is set up', async () => {
    const { root } = await installedRuntime();
    assert.equal(await findRuntime({ root: join(root, 'elsewhere'), gpu: false }), null);
    assert.equal(await findRuntime({ root, gpu: true }), null);
  });

  it('takes a runtime with a missing file for unfinished', async () => {
    const { root, folder } = await installedRuntime();
    await unlink(join(folder, library));
    assert.equal(await findRuntime({ root, gpu: false }), null);
  });

  it('takes a runtime with a file cut short for unfinished', async () => {
    const { root, folder } = await installedRuntime();
    await truncate(join(folder, library), 3);
    assert.equal(await findRuntime({ root, gpu: false }), null);
  });

  it('takes a runtime whose record is missing or torn for unfinished', async () => {
    const { root, folder } = await installedRuntime();
    await truncate(join(folder, recordFile), 20);
    assert.equal(await findRuntime({ root, gpu: false }), null);
    await unlink(join(folder, recordFile));
    assert.equal(await findRuntime({ root, gpu: false }), null);
  });
});

describe('runtimeRoot', () => {
  it('is the folder of SCION_RUNTIME_DIR', () => {
    assert.equal(runtimeRoot({ SCION_RUNTIME_DIR: '/opt/scion' }), '/opt/scion');
    assert.equal(runtimeRoot({ SCION_RUNTIME_DIR: 'here' }), join(process.cwd(), 'here'));
  });

  it("is inside the user's cache folder else", () => {
    assert.equal(runtimeRoot({ XDG_CACHE_HOME: '/cache' }), join('/cache', 'scion', 'runtime'));
    assert.match(runtimeRoot({}), /\.cache[/\\]scion[/\\]runtime$/);
  });
});
