import type { Dataset, DatasetIssue } from '@scion/schema';
import { formatCount } from './quantities.ts';
import { renderTable } from './table.ts';

const issuesShown = 10;
const classesShown = 30;
const severities = ['error', 'warning', 'info'] as const satisfies readonly DatasetIssue['severity'][];

/** What a person wants to know of a data set: its splits, its classes, and what validation found. */
export function renderDataset(dataset: Dataset): string[] {
  const { id, name, state, format, error } = dataset;
  const lines = [`${id}  ${name}  ${state}`, `format ${format}${describeExamples(dataset)}`];
  if (error !== null) lines.push(`error  ${error.code}: ${error.message}`);
  return [...lines, ...renderSplits(dataset), ...renderClasses(dataset), ...renderDuplicates(dataset), ...renderIssues(dataset)];
}

function describeExamples({ modality, example, labels = [] }: Dataset): string {
  if (example === null) return '';
  const contents = {
    image: `images ${example.shape.map((size) => size ?? 'any').join('×')}`,
    text: 'texts',
    audio: 'recordings',
  };
  const others = labels.filter((kind) => kind !== 'class');
  return `, ${contents[modality ?? 'image']}${others.length > 0 ? `, labelled with ${others.join(', ')}` : ''}`;
}

function renderSplits({ splits, statistics }: Dataset): string[] {
  const rows = Object.entries(splits).map(([split, { examples, labelled, classes }]) => [
    split,
    formatCount(examples),
    formatCount(labelled),
    classRange(Object.values(classes)),
    ...contentCells(statistics, split),
  ]);
  if (rows.length === 0) return [];
  return ['', ...renderTable(['split', 'examples', 'labelled', 'a class', ...contentColumns(statistics)], rows)];
}

/** What is told of the content of examples: sizes of images, lengths of texts and recordings. */
function contentColumns(statistics: Dataset['statistics']): string[] {
  if (statistics?.texts) return ['characters'];
  return statistics?.audio ? ['seconds', 'Hz'] : ['height', 'width', 'grey'];
}

function contentCells(statistics: Dataset['statistics'], split: string): string[] {
  const texts = statistics?.texts?.[split];
  if (texts) return [rangeOf(texts.characters)];
  const audio = statistics?.audio?.[split];
  if (audio) return [rangeOf(audio.seconds, String), Object.keys(audio.sampleRates).join(', ')];
  const images = statistics?.images[split];
  return images ? [rangeOf(images.height), rangeOf(images.width), formatCount(images.grey)] : ['', '', ''];
}

/** One row for each class, one column for each split. */
function renderClasses({ classNames, splits }: Dataset): string[] {
  if (classNames.length === 0) return [];
  const names = Object.keys(splits);
  const rows = classNames
    .slice(0, classesShown)
    .map((name) => [name, ...names.map((split) => formatCount(splits[split]?.classes[name] ?? 0))]);
  const more =
    classNames.length > classesShown ? [`… and ${formatCount(classNames.length - classesShown)} more (--json shows all)`] : [];
  return ['', ...renderTable([`${formatCount(classNames.length)} classes`, ...names], rows), ...more];
}

function renderDuplicates({ statistics }: Dataset): string[] {
  if (statistics === null) return [];
  const { duplicates, skipped } = statistics;
  const { exact, near, acrossSplits } = duplicates;
  return [
    '',
    `duplicates: ${formatCount(exact)} exact, ${formatCount(near)} near, of these ${formatCount(acrossSplits)} across splits`,
    `left out: ${formatCount(skipped)}`,
  ];
}

/** The worst first: each severity in the order found. */
function renderIssues({ issues, statistics }: Dataset): string[] {
  if (issues.length === 0) return [];
  // Past a hundred, a code is counted and not listed.
  const totals = Object.values(statistics?.issues ?? {}).reduce((sum, count) => sum + count, 0);
  const total = Math.max(issues.length, totals);
  const sorted = severities.flatMap((severity) => issues.filter((issue) => issue.severity === severity));
  const shown = sorted.slice(0, issuesShown);
  const rows = shown.map(({ severity, code, path, row, message }) => {
    const place = row === null ? (path ?? '') : `${path ?? ''} row ${row}`;
    return [severity, code, place, message];
  });
  const rest = total - shown.length;
  const more = rest > 0 ? [`… and ${formatCount(rest)} more (--json lists 100 of each code)`] : [];
  const title = `${formatCount(total)} issue${total === 1 ? '' : 's'}:`;
  return ['', title, ...renderTable(['severity', 'code', 'where', 'what'], rows), ...more];
}

function classRange(counts: readonly number[]): string {
  if (counts.length === 0) return '';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
}

function rangeOf({ min, median, max }: { min: number; median: number; max: number }, format = formatCount): string {
  return min === max ? format(min) : `${format(min)} … ${format(median)} … ${format(max)}`;
}
