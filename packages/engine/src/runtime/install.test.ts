import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'node:test';
import { installRuntime } from './install.ts';
import { findRuntime, runtimeRoot } from './locate.ts';
import { releaseFor } from './release.ts';
import { RuntimeUnavailable } from './runtime-unavailable.ts';

const release = releaseFor({ platform: process.platform, arch: process.arch, gpu: false });
const path = process.env['PATH'];
const folders: string[] = [];

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-install-'));
  folders.push(folder);
  return folder;
}

/** The interpreter that runs pip here, or null. `sys.executable` is the real one where the PATH holds a wrapper script. */
function pythonWithPip(): string | null {
  try {
    const code = 'import pip, sys; print(sys.executable)';
    return execFileSync('python3', ['-c', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

describe('installRuntime', { skip: release ? false : 'there is no TensorFlow build for this machine' }, () => {
  let root: string;
  beforeEach(async () => {
    root = await emptyFolder();
  });
  afterEach(() => {
    process.env['PATH'] = path;
  });
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  const install = (options: Partial<Parameters<typeof installRuntime>[0]> = {}) =>
    installRuntime({ root, gpu: false, say: () => undefined, ...options });

  it('names pip, and how to get it, where there is no Python', async () => {
    process.env['PATH'] = '';
    await assert.rejects(install(), (error) => {
      assert.ok(error instanceof RuntimeUnavailable);
      assert.match(error.message, /pip was not found.*apt-get install python3-pip/);
      return true;
    });
    assert.deepEqual(await readdir(root), [], 'nothing is left behind');
  });

  it('names the compiler, and how to get it, where there is pip but no compiler', async (t) => {
    const python = pythonWithPip();
    if (!python) return t.skip('there is no Python with pip on this machine');
    const onlyPython = await emptyFolder();
    await symlink(python, join(onlyPython, 'python3'));
    process.env['PATH'] = onlyPython;
    await assert.rejects(install(), (error) => {
      assert.ok(error instanceof RuntimeUnavailable);
      assert.match(error.message, /no C\+\+ compiler was found.*apt-get install g\+\+/);
      return true;
    });
    assert.deepEqual(await readdir(root), []);
  });

  it('gives the runtime that is already there without needing either', async (t) => {
    const present = await findRuntime({ root: runtimeRoot(), gpu: false });
    if (!present) return t.skip('TensorFlow is not set up on this machine');
    process.env['PATH'] = '';
    assert.deepEqual(await install({ root: runtimeRoot() }), present);
  });
});
