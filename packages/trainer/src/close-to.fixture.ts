import assert from 'node:assert/strict';

/** Asserts that both hold as many numbers and that none differs from its fellow by more than `tolerance`. */
export function assertCloseTo(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length, 'number of values');
  for (let i = 0; i < expected.length; i++) {
    const [a = Number.NaN, e = Number.NaN] = [actual[i], expected[i]];
    assert.ok(Math.abs(a - e) <= tolerance, `value ${i} is ${a}, but ${e} ± ${tolerance} is expected`);
  }
}
