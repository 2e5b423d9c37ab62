import { type ExampleFacts, unlabelled } from './format.ts';

/**
 * Numbers the classes of examples that name several each. Where every labelled example names just one, that is its label; else all
 * have sets. `order` gives classes that are numbered first, though no example may name them.
 */
export function numberLabelSets(
  named: readonly (readonly string[])[],
  order: readonly string[],
): { classNames: string[]; factsOf: (names: readonly string[]) => Pick<ExampleFacts, 'label' | 'labels'> } {
  const others = [...new Set(named.flat())].filter((name) => !order.includes(name)).sort();
  const classNames = [...order, ...others];
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const areSets = named.some((names) => new Set(names).size > 1);
  return {
    classNames,
    factsOf(names) {
      const numbers = [...new Set(names)].flatMap((name) => labels.get(name) ?? []).sort((a, b) => a - b);
      return areSets ? { label: unlabelled, labels: numbers } : { label: numbers[0] ?? unlabelled };
    },
  };
}
