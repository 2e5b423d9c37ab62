import type { SplitPreview } from '@scion/schema';
import type { SplitFacts } from '../packed/packed-split.ts';

/** What an example is labelled with, as a preview tells it. */
export function labelsOf(
  split: SplitFacts,
  index: number,
): Pick<SplitPreview['examples'][number], 'label' | 'labels' | 'target'> {
  const { labels, labelSets, targets, classNames } = split;
  const target = targets?.[index] ?? Number.NaN;
  return {
    label: classNames[labels[index] ?? -1] ?? null,
    ...(labelSets && { labels: Array.from(labelSets(index), (label) => classNames[label] ?? '') }),
    ...(!Number.isNaN(target) && { target }),
  };
}

/** The same in one text; null for an example without a label. */
export function labelText(split: SplitFacts, index: number): string | null {
  const { label, labels = [], target } = labelsOf(split, index);
  if (labels.length > 0) return labels.join('|');
  return label ?? (target === undefined ? null : String(target));
}

/** One label for each example to sort it by: of several classes the first; -1 for none. */
export function mainLabels({ labels, labelSets }: SplitFacts): Int32Array {
  return labelSets ? labels.map((label, index) => labelSets(index)[0] ?? label) : labels;
}
