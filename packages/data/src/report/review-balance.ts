import type { SplitSummary } from '@scion/schema';
import type { IssueLog } from '../issue-log.ts';

/** A split is imbalanced from this ratio of its largest to its smallest class on. */
const imbalanceRatio = 10;

/** Notes splits with few examples of some classes, and classes that stand in one of several labelled splits only. */
export function reviewBalance(splits: ReadonlyMap<string, SplitSummary>, issues: IssueLog): void {
  const labelled = [...splits].filter(([, { classes }]) => Object.values(classes).some((count) => count > 0));
  for (const [split, { classes }] of labelled) {
    const counted = Object.entries(classes).filter(([, count]) => count > 0);
    const [smallest, largest] = [counted.reduce(smaller), counted.reduce(larger)];
    if (largest[1] < imbalanceRatio * smallest[1]) continue;
    const message = `${JSON.stringify(largest[0])} has ${largest[1]} examples, ${JSON.stringify(smallest[0])} only ${smallest[1]}`;
    issues.warn('class-imbalance', { split, message });
  }
  if (labelled.length < 2) return;
  const names = Object.keys(labelled[0]?.[1].classes ?? {});
  for (const name of names) {
    // That a split of fewer examples than classes misses one says nothing.
    const couldHold = labelled.some(([, split]) => split.classes[name] === 0 && split.labelled >= names.length);
    const having = labelled.filter(([, { classes }]) => (classes[name] ?? 0) > 0).map(([split]) => split);
    const [only] = having;
    if (having.length !== 1 || only === undefined || !couldHold) continue;
    issues.warn('class-in-one-split', { split: only, message: `The class ${JSON.stringify(name)} has examples in ${only} only` });
  }
}

type Counted = [name: string, count: number];

function smaller(a: Counted, b: Counted): Counted {
  return b[1] < a[1] ? b : a;
}

function larger(a: Counted, b: Counted): Counted {
  return b[1] > a[1] ? b : a;
}
