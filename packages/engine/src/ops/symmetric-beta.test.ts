import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { createRng, stepKey } from './random.ts';
import { symmetricBeta } from './symmetric-beta.ts';

const count = 20_000;

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const drawOn = (backend: BackendName, alpha: number) =>
  valuesOn(backend, () => symmetricBeta(createRng(stepKey(7, 3)), 'weight', { alpha, shape: [count] }));

/**
 * The distribution function of Beta(alpha, alpha) at `x` ≤ 1/2, by integrating its density: with t = u^(1/alpha) it has no pole. The
 * half below 1/2 holds half of all, so that no normalising constant is needed.
 */
function betaDistribution(x: number, alpha: number): number {
  if (x > 0.5) return 1 - betaDistribution(1 - x, alpha);
  const integralTo = (end: number) => {
    const steps = 2000;
    const width = end ** alpha / steps;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += (1 - ((i + 0.5) * width) ** (1 / alpha)) ** (alpha - 1);
    return sum * width;
  };
  return integralTo(x) / integralTo(0.5) / 2;
}

describe('symmetricBeta', () => {
  for (const alpha of [0.05, 0.2, 0.5, 1, 2, 30]) {
    it(`is distributed as Beta(${alpha}, ${alpha})`, async () => {
      for (const backend of backends) {
        const values = await drawOn(backend, alpha);
        assert.ok(values.every((value) => value >= 0 && value <= 1));
        // The largest gap between the two distribution functions: over 2 / √count it would be chance once in 1,500 cases.
        for (const x of [0.001, 0.01, 0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 0.99, 0.999]) {
          const share = values.filter((value) => value <= x).length / count;
          const expected = betaDistribution(x, alpha);
          assert.ok(Math.abs(share - expected) < 2 / Math.sqrt(count), `${share} of the draws are up to ${x}, not ${expected}`);
        }
      }
    });
  }

  it('has the variance 1 / (4 (2 alpha + 1))', async () => {
    const values = await drawOn(backends[0]!, 3);
    const variance = values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / count;
    assertCloseTo([variance], [1 / 28], 0.002);
  });

  it('draws the same numbers on every backend', async () => {
    const first = await drawOn(backends[0]!, 0.4);
    for (const backend of backends.slice(1)) assertCloseTo(await drawOn(backend, 0.4), first, 1e-4);
  });
});
