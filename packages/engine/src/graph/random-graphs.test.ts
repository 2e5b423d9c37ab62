import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { startEveryBackend } from '../backends/every-backend.fixture.ts';
import { type Computed, computeCompiled, computeEagerly } from './compute-graph.fixture.ts';
import { elementwiseOps } from './elementwise-ops.fixture.ts';
import { heavyOps } from './heavy-ops.fixture.ts';
import { type Draft, describeGraph, type Operation, planGraph } from './random-graph.fixture.ts';
import { reductionOps } from './reduction-ops.fixture.ts';
import { shapeOps } from './shape-ops.fixture.ts';

const cases = 240;
/** Of the largest number that a tensor holds, or of one where that is less: the backends add up in different orders. */
const tolerance = 1e-4;
/** The same kernels run, some of them fused or on plain matrices. */
const compiledTolerance = 2e-5;

const operations = new Map(
  [...elementwiseOps, ...reductionOps, ...shapeOps, ...heavyOps].map((operation) => [operation.name, operation]),
);

const drafts: fc.Arbitrary<Draft> = fc.record({
  inputs: fc.array(fc.constantFrom([], [3], [2, 3], [4, 1], [2, 3, 2], [2, 4, 5, 3]), { minLength: 1, maxLength: 3 }),
  seed: fc.nat(999),
  steps: fc.array(
    fc.record({
      operation: fc.noBias(fc.constantFrom(...operations.keys())),
      sources: fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }),
      variant: fc.noBias(fc.nat(59)),
    }),
    { minLength: 3, maxLength: 9, size: 'max' },
  ),
});

function assertEqualNumbers(actual: Computed, expected: Computed, { within, who }: { within: number; who: string }): void {
  for (const kind of ['values', 'gradients'] as const) {
    assert.equal(actual[kind].length, expected[kind].length);
    for (const [tensor, right] of expected[kind].entries()) {
      const got = actual[kind][tensor] ?? [];
      const largest = Math.max(1, ...right.map(Math.abs));
      assert.equal(got.length, right.length, `${who}: size of ${kind} ${tensor}`);
      const wrong = right.findIndex((value, at) => !(Math.abs((got[at] ?? Number.NaN) - value) <= within * largest));
      assert.equal(wrong, -1, `${who}: ${kind} ${tensor} [${wrong}] is ${got[wrong]}, but ${right[wrong]} is expected`);
    }
  }
}

describe('random graphs', () => {
  let hasTensorflow = false;
  before(async () => {
    hasTensorflow = (await startEveryBackend()).includes('tensorflow');
  });

  it('give the same values and gradients compiled, op by op on TensorFlow, and in plain JavaScript', async (t) => {
    if (!hasTensorflow) return t.skip('TensorFlow is not set up here');
    const covered = new Set<Operation>();
    const property = fc.asyncProperty(drafts, async (draft) => {
      await tf.setBackend('cpu');
      const graph = planGraph(draft, operations);
      for (const { operation } of graph.steps) covered.add(operation);
      const expected = computeEagerly(graph);
      await tf.setBackend('tensorflow');
      try {
        const eager = computeEagerly(graph);
        assertEqualNumbers(eager, expected, { within: tolerance, who: 'TensorFlow' });
        assertEqualNumbers(computeCompiled(graph), eager, { within: compiledTolerance, who: 'compiled' });
      } catch (error) {
        throw new Error(describeGraph(graph), { cause: error });
      }
    });
    // The seed and the path to the smallest failing case are part of what fast-check prints.
    await fc.assert(property, { numRuns: cases, seed: 1 });
    const missing = [...operations.values()].filter((operation) => !covered.has(operation)).map(({ name }) => name);
    assert.deepEqual(missing, [], 'every operation is in at least one case');
    assert.ok(covered.size >= 60, `${covered.size} operations`);
    t.diagnostic(`${cases} graphs over ${covered.size} operations`);
  });
});
