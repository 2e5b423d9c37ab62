import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Release, releaseFor } from './release.ts';

const machines = [
  { platform: 'linux', arch: 'x64', gpu: false },
  { platform: 'linux', arch: 'arm64', gpu: false },
  { platform: 'linux', arch: 'x64', gpu: true },
];

describe('releaseFor', () => {
  it('has a build for each machine that TensorFlow publishes libraries for', () => {
    const releases = machines.map((machine) => releaseFor(machine));
    assert.deepEqual(
      releases.map((release) => release?.gpu),
      [false, false, true],
    );
    assert.equal(new Set(releases.map((release) => release?.id)).size, 3, 'each has a folder of its own');
  });

  it('has none for other machines', () => {
    assert.equal(releaseFor({ platform: 'darwin', arch: 'arm64', gpu: false }), null);
    assert.equal(releaseFor({ platform: 'win32', arch: 'x64', gpu: false }), null);
    assert.equal(releaseFor({ platform: 'linux', arch: 'riscv64', gpu: false }), null);
    assert.equal(releaseFor({ platform: 'linux', arch: 'arm64', gpu: true }), null);
  });

  it('pins every wheel by version and SHA-256, for the platforms of its machine', () => {
    for (const machine of machines) {
      const { wheels } = releaseFor(machine) as Release;
      const suffix = machine.arch === 'x64' ? 'x86_64' : 'aarch64';
      for (const { project, version, sha256, platforms } of wheels) {
        assert.match(version, /^\d+(\.\d+)+$/, project);
        assert.match(sha256, /^[0-9a-f]{64}$/, project);
        assert.ok(platforms.length > 0 && platforms.every((platform) => platform.endsWith(suffix)), project);
      }
      assert.equal(new Set(wheels.map(({ sha256 }) => sha256)).size, wheels.length, 'no hash stands twice');
    }
  });
});
