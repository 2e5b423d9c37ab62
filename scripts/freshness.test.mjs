import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInstallFresh, isNewerThan } from './freshness.mjs';

const wanted = {
  '': { name: 'root' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/b-darwin': { version: '2.0.0', optional: true },
};

test('an install is fresh when every package of the lock file is there in its version', (t) => {
  const folder = temporaryFolder(t);
  writeLock(join(folder, 'package-lock.json'), wanted);
  assert.equal(isInstallFresh(folder), false, 'nothing is installed');

  const installedLock = join(folder, 'node_modules', '.package-lock.json');
  writeLock(installedLock, { 'node_modules/a': { version: '1.0.0' } });
  assert.equal(isInstallFresh(folder), true, 'an optional package may be absent');

  writeLock(installedLock, { 'node_modules/a': { version: '1.0.1' } });
  assert.equal(isInstallFresh(folder), false, 'another version is installed');
});

test('an output is newer than its sources until one of them changes', (t) => {
  const folder = temporaryFolder(t);
  const [output, source] = [join(folder, 'output'), join(folder, 'sources', 'deep', 'source.ts')];
  write(source, '');
  utimesSync(source, 100, 100);
  assert.equal(isNewerThan(output, [join(folder, 'sources')]), false, 'there is no output');

  write(output, '');
  utimesSync(output, 200, 200);
  assert.equal(isNewerThan(output, [join(folder, 'sources')]), true);

  utimesSync(source, 300, 300);
  assert.equal(isNewerThan(output, [join(folder, 'sources')]), false);
});

function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'scion-freshness-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function writeLock(path, packages) {
  write(path, JSON.stringify({ packages }));
}

function write(path, content) {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}
