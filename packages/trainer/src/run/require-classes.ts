import { type DatasetReport, type LabelKind, ScionError } from '@scion/schema';

const wording: Record<LabelKind, string> = {
  class: 'one class each',
  classes: 'sets of classes',
  number: 'numbers',
  mask: 'masks',
};

/**
 * Refuses a data set whose examples are labelled, but not with one class each, which is what methods that learn from labels take.
 * Throws `specInvalid`.
 */
export function requireClasses({ labels = [] }: DatasetReport): void {
  if (labels.length === 0 || labels.includes('class')) return;
  const found = labels.map((kind) => wording[kind]).join(' and ');
  throw new ScionError(
    'specInvalid',
    `dataset: its examples are labelled with ${found}, but the method needs one class for each`,
  );
}
