import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { countKernelKills, killsIn } from './kernel-kills.ts';
import { ownMemoryBytes } from './memory-watch.ts';

const isLinux = process.platform === 'linux';

test('of what a process holds, only its own memory counts', () => {
  const status = 'VmRSS:\t  300 kB\nRssAnon:\t  100 kB\nRssFile:\t  150 kB\nRssShmem:\t   50 kB\n';
  assert.equal(ownMemoryBytes(status), 150 * 1024);
  assert.equal(ownMemoryBytes(''), 0);
});

test('the kernel tells of this very process', { skip: !isLinux && 'there is no /proc' }, () => {
  const read = () => ownMemoryBytes(readFileSync('/proc/self/status', 'utf8'));
  const before = read();
  const block = Buffer.alloc(64 * 2 ** 20, 1);
  assert.ok(read() - before > block.length / 2);
});

test('kills for want of memory are read from the counters', () => {
  assert.equal(killsIn('pgfault 5\noom_kill 3\npgmajfault 1\n'), 3);
  assert.equal(killsIn('low 0\noom 1\noom_kill 2\noom_group_kill 0\n'), 2);
  assert.equal(killsIn(''), 0);
  assert.ok(countKernelKills() >= 0);
});
