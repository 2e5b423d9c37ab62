import { type MakeSplits, ScionError } from '@scion/schema';
import type { ExampleSource } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';
import { divide, madeSplits } from './divide.ts';

type Divided = { split: string; label: number; source: ExampleSource };

/**
 * Reads all examples once, without their images, and decides which split each belongs to. The result gives the split of an
 * example by its position; null where the data has splits of its own, which are kept.
 *
 * Throws `dataInvalid` where groups are to stay together, but the format tells none.
 */
export async function planSplits(
  examples: AsyncIterable<Divided>,
  { wanted, issues }: { wanted: MakeSplits; issues: IssueLog },
): Promise<((position: number) => string) | null> {
  const labels: number[] = [];
  const groups: number[] = [];
  const groupNumbers = new Map<string, number>();
  const given = new Set<string>();
  for await (const { split, label, source } of examples) {
    given.add(split);
    // An example without a group is one of its own; numbers below 0 are taken by no named group.
    groups.push(source.group === undefined ? -1 - labels.length : numberOf(source.group, groupNumbers));
    labels.push(label);
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

/** The examples in the same order, each with the split that `splitOf` gives its position. */
export async function* withSplits<Example extends { split: string }>(
  examples: AsyncIterable<Example>,
  splitOf: (position: number) => string,
): AsyncGenerator<Example> {
  let position = 0;
  for await (const example of examples) yield { ...example, split: splitOf(position++) };
}
