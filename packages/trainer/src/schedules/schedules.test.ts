import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertCloseTo } from '../close-to.fixture.ts';
import { entryOf } from '../registry.ts';
import { schedules } from './index.ts';

/** The factor at every step of a run. */
function factors(config: { type: string; [setting: string]: unknown }, { totalSteps = 10, stepsPerEpoch = 2 } = {}): number[] {
  const schedule = entryOf(schedules, config.type).create(config);
  return Array.from({ length: totalSteps }, (_, step) => schedule({ step, totalSteps, stepsPerEpoch }));
}

describe('constant', () => {
  it('stays at the peak', () => {
    assert.deepEqual(factors({ type: 'constant' }), new Array(10).fill(1));
  });

  it('rises to the peak over the epochs of warm-up first, never from 0', () => {
    assertCloseTo(factors({ type: 'constant', warmupEpochs: 2 }), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1], 1e-12);
  });

  it('goes on rising where the warm-up is longer than the run', () => {
    const rising = factors({ type: 'constant', warmupEpochs: 100 });
    assertCloseTo(rising, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], 1e-12);
  });
});

describe('cosine', () => {
  it("is PyTorch's CosineAnnealingLR", () => {
    const fromTorch = [1, 0.977975, 0.914058, 0.814503, 0.689058, 0.55, 0.410942, 0.285497, 0.185942, 0.122025];
    assertCloseTo(factors({ type: 'cosine', final: 0.1 }), fromTorch, 1e-6);
  });

  it('falls from the end of the warm-up on', () => {
    const [first, second, third, ...rest] = factors({ type: 'cosine', warmupEpochs: 1 });
    assert.deepEqual([first, second, third], [0.5, 1, 1]);
    assert.ok(rest.every((factor, i) => factor < (rest[i - 1] ?? 1) && factor > 0));
  });
});

describe('step', () => {
  it('falls by the factor at each of its epochs', () => {
    const expected = [1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01];
    assertCloseTo(factors({ type: 'step', epochs: [1, 3] }), expected, 1e-12);
  });

  it('may fall in mid-epoch, by a factor of one’s own', () => {
    assertCloseTo(factors({ type: 'step', epochs: [0.5], factor: 0.5 }, { totalSteps: 3 }), [1, 0.5, 0.5], 1e-12);
  });
});

describe('oneCycle', () => {
  it("is PyTorch's OneCycleLR", () => {
    const fromTorch = [0.04, 0.52, 1, 0.950485, 0.811746, 0.611262, 0.388742, 0.188258, 0.0495194, 4e-6];
    // PyTorch counts the rise in steps less one: 0.3 · 10 - 1 of 9.
    assertCloseTo(factors({ type: 'oneCycle', rise: 2 / 9 }), fromTorch, 1e-6);
  });

  it('rises over as many epochs as it is told', () => {
    const rising = (warmupEpochs: number) => factors({ type: 'oneCycle', warmupEpochs }, { totalSteps: 11 });
    assertCloseTo(rising(1.5), factors({ type: 'oneCycle', rise: 0.3 }, { totalSteps: 11 }), 1e-12);
    assert.equal(rising(1)[2], 1, 'two steps make an epoch');
    assert.equal(rising(100).at(-1), 1, 'at the peak where the rise is longer than the run');
  });

  it('is defined for a run of one step', () => {
    assertCloseTo(factors({ type: 'oneCycle' }, { totalSteps: 1 }), [1 / 25], 1e-12);
  });
});
