import type { Dataset } from '@scion/schema';
import { formatCount } from './quantities.ts';
import { renderTable } from './table.ts';

const issuesShown = 10;

/** What a person wants to know of a data set: its splits, its classes, and what validation found. */
export function renderDataset(dataset: Dataset): string[] {
  const { id, name, state, format, example, splits, classNames, issues, error } = dataset;
  const shape = example === null ? '' : `, images ${example.shape.map((size) => size ?? 'any').join('×')}`;
  const lines = [`${id}  ${name}  ${state}`, `format ${format}${shape}`];
  if (error !== null) lines.push(`error  ${error.code}: ${error.message}`);
  const rows = Object.entries(splits).map(([split, summary]) => [
    split,
    formatCount(summary.examples),
    formatCount(summary.labelled),
    classRange(Object.values(summary.classes)),
  ]);
  if (rows.length > 0) lines.push('', ...renderTable(['split', 'examples', 'labelled', 'a class'], rows));
  if (classNames.length > 0) lines.push('', `${classNames.length} classes: ${abbreviate(classNames)}`);
  if (issues.length > 0) {
    lines.push('', `${formatCount(issues.length)} issue${issues.length === 1 ? '' : 's'}:`);
    lines.push(...issues.slice(0, issuesShown).map(({ severity, path, message }) => `  ${severity}  ${path ?? ''}  ${message}`));
    if (issues.length > issuesShown) lines.push(`  … and ${formatCount(issues.length - issuesShown)} more (--json shows all)`);
  }
  return lines;
}

function classRange(counts: readonly number[]): string {
  if (counts.length === 0) return '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
}

function abbreviate(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown}, …` : shown;
}
