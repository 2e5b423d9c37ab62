import type { ColumnRoles } from '@scion/schema';
import { dataInvalid } from '../data-invalid.ts';
import { splitOfName } from '../split-names.ts';
import { type Cell, type Table, wordsOf } from './table.ts';

/** Which column plays which role; null for none. */
export type AssignedRoles = Record<keyof ColumnRoles, string | null>;

const sampleRows = 20;

/** Names that columns of a role usually have, in lower case without `_`, `-` and blanks; the more particular stand first. */
const usualNames = {
  image: ['image', 'img', 'imagepath', 'imagefile', 'filename', 'filepath', 'file', 'path', 'imageid', 'imagename', 'id'],
  text: [
    'text',
    'sentence',
    'utterance',
    'review',
    'message',
    'query',
    'question',
    'tweet',
    'comment',
    'document',
    'content',
    'body',
  ],
  label: [
    'label',
    'cls',
    'class',
    'classname',
    'labelname',
    'category',
    'intent',
    'target',
    'species',
    'finelabel',
    'labels',
    'y',
  ],
  split: ['split', 'subset', 'partition', 'set', 'usage'],
  group: ['group', 'groupid', 'patient', 'patientid', 'subject', 'subjectid', 'series', 'seriesid', 'scene'],
} as const;

/**
 * Settles the role of each column: as `given`, else as the table states, else by the values of its first rows and by the names
 * of its columns. A text is looked for where one is asked for, or where there are no images. Throws `dataInvalid` where the column
 * of images or texts that was asked for is not there.
 */
export async function assignRoles(
  table: Table,
  { given, isImage }: { given: ColumnRoles; isImage: (cell: Cell) => boolean },
): Promise<AssignedRoles> {
  const { columns } = table;
  const stated = { ...(given.text === undefined ? table.roles : withoutImage(table.roles)), ...given };
  for (const name of [stated.image, stated.text]) {
    if (name === undefined || columns.includes(name)) continue;
    throw dataInvalid(table.path, `There is no column ${JSON.stringify(name)}. There are ${columns.join(', ')}`);
  }
  const isContentKnown = stated.image !== undefined || stated.text !== undefined;
  // Where the content is known it is not read just to look at the rest: it is most of the file.
  const looked = isContentKnown ? columns.filter((name) => usualRank('split', name) >= 0) : columns;
  const sample = await readSample(table, looked);
  const valuesOf = (name: string) => sample.map((cells) => cells[looked.indexOf(name)] ?? null);
  const roles: AssignedRoles = { image: null, text: null, label: null, target: null, split: null, group: null };
  for (const role of ['image', 'text', 'label', 'target', 'split', 'group'] as const) {
    const name = stated[role];
    if (name !== undefined && columns.includes(name)) roles[role] = name;
  }
  const free = () => columns.filter((name) => !Object.values(roles).includes(name));
  if (!isContentKnown) {
    roles.image = guessImage(free(), (name) => valuesOf(name).filter(isImage).length);
    if (roles.image === null) roles.text = guessText(free(), valuesOf);
  }
  // Other names than `split` are also those of columns that mean something else.
  const maySplit = (name: string) => name.toLowerCase() === 'split' || valuesOf(name).every(isSplit);
  if (stated.split === undefined) roles.split = firstUsual('split', free().filter(maySplit));
  if (stated.group === undefined) roles.group = firstUsual('group', free());
  if (stated.label === undefined && stated.target === undefined) roles.label = guessLabel(free());
  return roles;
}

function withoutImage({ image: _, ...roles }: ColumnRoles): ColumnRoles {
  return roles;
}

async function readSample(table: Table, columns: readonly string[]): Promise<Cell[][]> {
  const sample: Cell[][] = [];
  if (columns.length === 0) return sample;
  for await (const row of table.rows(columns)) {
    if ('cells' in row) sample.push(row.cells);
    if (sample.length === sampleRows) break;
  }
  return sample;
}

/** The column with the most images among the sampled values, of equals the one with the most usual name. */
function guessImage(columns: readonly string[], imagesIn: (name: string) => number): string | null {
  const rank = (name: string) => (usualRank('image', name) < 0 ? usualNames.image.length : usualRank('image', name));
  const candidates = columns.map((name) => ({ name, images: imagesIn(name), rank: rank(name) }));
  const [best] = candidates.sort((a, b) => b.images - a.images || a.rank - b.rank);
  return best && best.images > 0 ? best.name : null;
}

/** The column that is called like a text, else the longest one of those whose values have several words each, for the most part. */
function guessText(columns: readonly string[], valuesOf: (name: string) => Cell[]): string | null {
  const named = firstUsual('text', columns);
  if (named !== null) return named;
  const candidates = columns.map((name) => {
    const texts = valuesOf(name).flatMap((cell) => wordsOf(cell) ?? []);
    const withWords = texts.filter((text) => /\S\s+\S/.test(text)).length;
    return { name, isText: withWords > 0 && 2 * withWords >= texts.length, length: texts.join('').length };
  });
  const [longest] = candidates.filter(({ isText }) => isText).sort((a, b) => b.length - a.length);
  return longest?.name ?? null;
}

function guessLabel(columns: readonly string[]): string | null {
  return firstUsual('label', columns) ?? (columns.length === 1 ? (columns[0] ?? null) : null);
}

/** Of some columns, the one that is most usually called so in a role, or null. */
export function firstUsual(role: keyof typeof usualNames, columns: readonly string[]): string | null {
  const usual = columns.filter((name) => usualRank(role, name) >= 0);
  return usual.sort((a, b) => usualRank(role, a) - usualRank(role, b))[0] ?? null;
}

function usualRank(role: keyof typeof usualNames, name: string): number {
  const names: readonly string[] = usualNames[role];
  return names.indexOf(name.toLowerCase().replaceAll(/[_\-\s]/g, ''));
}

function isSplit(cell: Cell): boolean {
  const words = wordsOf(cell);
  return cell === null || (words !== null && splitOfName(words) !== null);
}
