import { before, describe, it } from 'node:test';
import type * as tf from '@tensorflow/tfjs-core';
import { type BackendName, startEveryBackend, valuesOn } from '../backends/every-backend.fixture.ts';
import { assertCloseTo } from '../close-to.fixture.ts';
import { selfAttention } from './attention.ts';
import { createRng, stepKey } from './random.ts';

let backends: BackendName[];

before(async () => {
  backends = await startEveryBackend();
});

const [batch, tokens, heads, size] = [2, 3, 2, 4] as const;
const width = heads * size;

/** Token by token and head by head, in plain numbers. */
function slowAttention(qkv: readonly number[]): number[] {
  const at = (b: number, t: number, part: number, h: number, d: number) =>
    qkv[((b * tokens + t) * 3 + part) * width + h * size + d] ?? Number.NaN;
  const range = (count: number) => Array.from({ length: count }, (_, index) => index);
  return range(batch).flatMap((b) =>
    range(tokens).flatMap((t) =>
      range(heads).flatMap((h) => {
        const score = (other: number) => range(size).reduce((sum, d) => sum + at(b, t, 0, h, d) * at(b, other, 1, h, d), 0);
        const shares = range(tokens).map((other) => Math.exp(score(other) / Math.sqrt(size)));
        const total = shares.reduce((sum, share) => sum + share, 0);
        return range(size).map((d) => shares.reduce((sum, share, other) => sum + (share / total) * at(b, other, 2, h, d), 0));
      }),
    ),
  );
}

describe('selfAttention', () => {
  it('equals the definition, computed head by head', async () => {
    const qkv = () => createRng(stepKey(3, 4)).normal('qkv', [batch, tokens, 3 * width]) as tf.Tensor3D;
    for (const backend of backends) {
      const expected = slowAttention(await valuesOn(backend, qkv));
      assertCloseTo(await valuesOn(backend, () => selfAttention(qkv(), heads)), expected, 1e-5);
    }
  });
});
