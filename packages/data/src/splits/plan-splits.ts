import { type MakeSplits, ScionError } from '@scion/schema';
import type { ExampleFacts } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';
import { divide, madeSplits } from './divide.ts';

/**
 * Reads all examples once, without their images, and decides which split each belongs to. The result gives the split of an
 * example by its position; null where the data has splits of its own, which are kept.
 *
 * Throws `dataInvalid` where groups are to stay together, but the format tells none.
 */
export async function planSplits(
  examples: AsyncIterable<ExampleFacts>,
  { wanted, issues }: { wanted: MakeSplits; issues: IssueLog },
): Promise<((position: number) => string) | null> {
  const labels: number[] = [];
  const groups: number[] = [];
  const groupNumbers = new Map<string, number>();
  const given = new Set<string>();
  for await (const { split, label, labels: several, source } of examples) {
    given.add(split);
    // An example without a group is one of its own; numbers below 0 are taken by no named group.
    groups.push(source.group === undefined ? -1 - labels.length : numberOf(source.group, groupNumbers));
    // Of several classes, the first stands for all.
    labels.push(several?.[0] ?? label);
  }
  if (given.size > 1) {
    const names = [...given].join(', ');
    issues.warn('splits-kept', { message: `The data has splits of its own (${names}), so none were made` });
    return null;
  }
  if (wanted.byGroup && groupNumbers.size === 0) {
    throw new ScionError('dataInvalid', 'split.byGroup: no example has a group. Name a column of groups, or leave byGroup out', {
      details: [{ path: 'split.byGroup', message: 'no example has a group' }],
    });
  }
  const splits = divide({ labels, groups: wanted.byGroup ? groups : null }, wanted);
  return (position) => madeSplits[splits[position] ?? 0] ?? 'train';
}

function numberOf(group: string, numbers: Map<string, number>): number {
  const number = numbers.get(group) ?? numbers.size;
  numbers.set(group, number);
  return number;
}

/** The same data set with the split of each example as `splitOf` gives it for its position. */
export function withSplits<Opened extends { examples: AsyncIterable<{ split: string }> }>(
  opened: Opened,
  splitOf: (position: number) => string,
): Opened {
  return { ...opened, examples: divided(opened.examples, splitOf) };
}

async function* divided<Example extends { split: string }>(
  examples: AsyncIterable<Example>,
  splitOf: (position: number) => string,
): AsyncGenerator<Example> {
  let position = 0;
  for await (const example of examples) yield { ...example, split: splitOf(position++) };
}
