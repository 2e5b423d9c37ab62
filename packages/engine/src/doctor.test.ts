import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { before, describe, it } from 'node:test';
import { type Diagnosis, diagnose } from './doctor.ts';

describe('diagnose', () => {
  describe('with the self-test', () => {
    let diagnosis: Diagnosis;
    before(async () => {
      diagnosis = await diagnose({ selfTest: true });
    });

    it('reports the machine', () => {
      assert.equal(diagnosis.node, process.version);
      assert.equal(diagnosis.cores, availableParallelism());
      assert.ok(diagnosis.memoryGiB > 0);
    });

    it('reports a device that starts, and where TensorFlow comes from if it is TensorFlow', () => {
      assert.equal(diagnosis.problem, null);
      const { device, runtime, officialBinary } = diagnosis;
      assert.ok(device);
      if (!device.backend.startsWith('tensorflow')) return;
      assert.ok(runtime || officialBinary);
      assert.match(device.description, /^TensorFlow \d+\.\d+\.\d+ on the (CPU|GPU)/);
    });

    it('finds the device equal to the reference, exact, and says how fast it is', () => {
      const results = diagnosis.selfTest ?? [];
      const onTensorflow = [
        'the compiled step equals op by op',
        'the compiled step gives the same bits twice',
        'training step speed',
      ];
      assert.deepEqual(
        results.map(({ name }) => name),
        [
          'random numbers equal the reference generator',
          'batch normalisation equals plain arithmetic',
          'training op by op gives the same bits twice',
          ...(diagnosis.device?.backend.startsWith('tensorflow') ? onTensorflow : []),
          'matrix product speed',
        ],
      );
      for (const { name, ok, detail } of results) assert.ok(ok, `${name}: ${detail}`);
      assert.match(diagnosis.selfTest?.at(-1)?.detail ?? '', /^\d+ GFLOP\/s/);
    });
  });

  it('says why a device does not start', async (t) => {
    const { device, problem, gpu } = await diagnose({ choice: 'gpu' });
    if (gpu) return t.skip('this machine has a GPU');
    assert.equal(device, null);
    assert.match(problem ?? '', /^The device did not start: .*"gpu" is not set up here/);
  });

  it('passes the self-test on WebAssembly', async () => {
    const { device, selfTest } = await diagnose({ selfTest: true, choice: 'wasm' });
    assert.equal(device?.backend, 'wasm');
    assert.deepEqual(
      selfTest?.map(({ ok }) => ok),
      [true, true, true, true],
    );
  });
});
