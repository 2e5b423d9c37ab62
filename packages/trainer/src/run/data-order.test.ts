import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { philoxUniform } from '@scion/engine/ops';
import { dataOrder } from './data-order.ts';

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Blocks of 1 to 9 examples, drawn by number. */
function drawBlocks(count: number, number: number): number[] {
  return [...philoxUniform(count, number, 3)].map((u) => 1 + Math.floor(9 * u));
}

describe('dataOrder with blocks', () => {
  it('visits each example once, whatever the blocks, the seed and the pass', () => {
    for (const number of upTo(40)) {
      const blocks = drawBlocks(1 + 3 * number, number);
      const examples = blocks.reduce((a, b) => a + b, 0);
      const order = dataOrder({ examples, blocks }, { seed: number, pass: number % 5 });
      assert.deepEqual(sorted(order), upTo(examples));
    }
  });

  it('takes sixteen blocks at a time', () => {
    const blocks = drawBlocks(50, 1);
    const blockOf = blocks.flatMap((length, block) => new Array<number>(length).fill(block));
    const order = dataOrder({ examples: blockOf.length, blocks }, { seed: 4, pass: 2 });
    const seen = new Set<number>();
    const groups: Set<number>[] = [];
    for (const example of order) {
      const block = blockOf[example]!;
      if (!seen.has(block)) {
        const last = groups.at(-1);
        if (last && last.size < 16) last.add(block);
        else groups.push(new Set([block]));
        seen.add(block);
      }
      assert.ok(groups.at(-1)!.has(block), 'an example of a group that is over');
    }
    assert.deepEqual(
      groups.map(({ size }) => size),
      [16, 16, 16, 2],
    );
  });

  it('mixes the blocks that are taken together, and differs from pass to pass and from seed to seed', () => {
    const shuffled = { examples: 160, blocks: new Array<number>(16).fill(10) };
    const order = dataOrder(shuffled, { seed: 1, pass: 0 });
    const neighbours = upTo(159).filter((i) => Math.floor(order[i]! / 10) === Math.floor(order[i + 1]! / 10));
    assert.ok(neighbours.length < 40, `${neighbours.length} of 159 neighbours are of one block`);
    assert.notDeepEqual(dataOrder(shuffled, { seed: 1, pass: 1 }), order);
    assert.notDeepEqual(dataOrder(shuffled, { seed: 2, pass: 0 }), order);
    assert.deepEqual(dataOrder(shuffled, { seed: 1, pass: 0 }), order);
  });
});
