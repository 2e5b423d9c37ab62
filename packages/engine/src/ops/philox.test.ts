import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { createPhilox, hashName, philoxPermutation, philoxUniform } from './philox.ts';
import { statelessUniformKernel, stepKey } from './random.ts';

/** First values of TensorFlow 2.21's `StatelessRandomUniform` (int32 seeds), recorded. */
const recorded: { seeds: [number, number]; values: number[] }[] = [
  {
    seeds: [0, 0],
    values: [0.2110154628753662, 0.7060099840164185, 0.8000633716583252, 0.7707922458648682, 0.38858866691589355],
  },
  {
    seeds: [7, 11],
    values: [0.7251373529434204, 0.07715070247650146, 0.5419409275054932, 0.26232099533081055, 0.5479346513748169],
  },
  { seeds: [-1, 2147483647], values: [0.2782745361328125, 0.9888895750045776, 0.10864102840423584, 0.14184832572937012] },
];

describe('philoxUniform', () => {
  for (const { seeds, values } of recorded) {
    it(`gives TensorFlow's recorded numbers for the seeds ${seeds.join(', ')}`, () => {
      assert.deepEqual([...philoxUniform(values.length, ...seeds)], values);
    });
  }

  it('gives the same numbers, however many are asked for', () => {
    assert.deepEqual(philoxUniform(1001, 5, 6).subarray(0, 7), philoxUniform(7, 5, 6));
  });

  it('stays in [0, 1) and fills it evenly', () => {
    const values = philoxUniform(100_000, 1, 2);
    assert.ok(values.every((value) => value >= 0 && value < 1));
    const tenths = new Array<number>(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)]! += 1;
    // The standard deviation of each count is 95.
    assert.ok(
      tenths.every((count) => Math.abs(count - 10_000) < 500),
      `counts of each tenth: ${tenths.join(', ')}`,
    );
  });

  describe('on each backend', () => {
    let backends: Awaited<ReturnType<typeof startEveryBackend>>;
    before(async () => {
      backends = await startEveryBackend();
    });

    it('is what the kernel draws, bit by bit', async () => {
      const seeds = [0, 1, -1, 7, 123_456_789, 2 ** 31 - 1, -(2 ** 31)];
      for (const backend of backends) {
        for (const seedA of seeds) {
          const seedB = (seedA ^ 0x5bd1e995) | 0;
          const draw = () => tf.engine().runKernel(statelessUniformKernel, { key: stepKey(seedA, seedB) }, { shape: [31, 67] });
          const drawn = await valuesOn(backend, draw as () => tf.Tensor);
          assert.deepEqual(Float32Array.from(drawn), philoxUniform(31 * 67, seedA, seedB), `${backend}, seed ${seedA}`);
        }
      }
    });

    it('is checked against TensorFlow itself', (t) => {
      if (!backends.includes('tensorflow')) t.skip('TensorFlow is not set up on this machine');
    });
  });
});

describe('createPhilox', () => {
  it('gives whole 32-bit words that both seeds change', () => {
    const first = (seedA: number, seedB: number) => createPhilox(seedA, seedB)();
    const words = new Set([first(0, 0), first(1, 0), first(0, 1), first(1, 1), first(-1, 0)]);
    assert.equal(words.size, 5);
    for (const word of words) assert.ok(Number.isInteger(word) && word >= 0 && word < 2 ** 32);
  });
});

describe('philoxPermutation', () => {
  it('holds each number once', () => {
    for (const size of [0, 1, 2, 3, 1000]) {
      const order = philoxPermutation(size, 3, 4);
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        Array.from({ length: size }, (_, i) => i),
      );
    }
  });

  it('depends on both seeds, and on nothing else', () => {
    assert.deepEqual([...philoxPermutation(8, 0, 0)], [6, 2, 5, 0, 3, 1, 4, 7]);
    assert.deepEqual([...philoxPermutation(8, 0, 1)], [4, 0, 2, 5, 3, 7, 1, 6]);
    assert.deepEqual([...philoxPermutation(8, 1, 0)], [3, 0, 2, 1, 6, 5, 4, 7]);
  });

  it('puts each number at each place about equally often', () => {
    const draws = 6000;
    const counts = Array.from({ length: 3 }, () => [0, 0, 0]);
    for (let seed = 0; seed < draws; seed++) {
      for (const [place, value] of philoxPermutation(3, seed, 9).entries()) counts[place]![value]! += 1;
    }
    // The standard deviation of each count is 37.
    assert.ok(
      counts.flat().every((count) => Math.abs(count - draws / 3) < 200),
      JSON.stringify(counts),
    );
  });
});

describe('hashName', () => {
  it('tells names apart and fits a positive int32', () => {
    const names = ['', 'a', 'b', 'ab', 'ba', 'dropout1', 'dropout2', 'augment/0/random-crop/x', 'augment/0/random-crop/y'];
    const hashes = names.map(hashName);
    assert.equal(new Set(hashes).size, names.length);
    for (const hash of hashes) assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 31);
  });
});
