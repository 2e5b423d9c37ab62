import type { ColumnRoles } from '@scion/schema';
import { dataInvalid } from '../data-invalid.ts';
import { splitOfName } from '../split-names.ts';
import { type FileRole, fileRoles } from './file-finder.ts';
import { type Cell, type Table, wordsOf } from './table.ts';

/** Which column plays which role; null for none. */
export type AssignedRoles = Record<keyof ColumnRoles, string | null>;

const sampleRows = 20;

/** Names that columns of a role usually have, in lower case without `_`, `-` and blanks; the more particular stand first. */
const usualNames = {
  image: ['image', 'img', 'imagepath', 'imagefile', 'filename', 'filepath', 'file', 'path', 'imageid', 'imagename', 'id'],
  audio: [
    'audio',
    'recording',
    'sound',
    'clip',
    'wav',
    'filename',
    'filepath',
    'audiopath',
    'slicefilename',
    'file',
    'path',
    'id',
  ],
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

/** What may hold the content of examples. */
const contentRoles = [...fileRoles, 'text'] as const;
const noRoles: AssignedRoles = { image: null, audio: null, text: null, label: null, target: null, split: null, group: null };

/**
 * Settles the role of each column: as `given`, else as the table states, else by the values of its first rows and by the names
 * of its columns. Of images, recordings and texts, the first that is there is the content, unless another is asked for. Throws
 * `dataInvalid` where a column with the content that was asked for is not there.
 */
export async function assignRoles(
  table: Table,
  { given, refersTo }: { given: ColumnRoles; refersTo: (role: FileRole, cell: Cell) => boolean },
): Promise<AssignedRoles> {
  const { columns } = table;
  const isContentGiven = contentRoles.some((role) => given[role] !== undefined);
  const stated = { ...(isContentGiven ? withoutContent(table.roles) : table.roles), ...given };
  for (const role of contentRoles) {
    const name = stated[role];
    if (name === undefined || columns.includes(name)) continue;
    throw dataInvalid(table.path, `There is no column ${JSON.stringify(name)}. There are ${columns.join(', ')}`);
  }
  const isContentKnown = contentRoles.some((role) => stated[role] !== undefined);
  // Where the content is known it is not read just to look at the rest: it is most of the file.
  const looked = isContentKnown ? columns.filter((name) => usualRank('split', name) >= 0) : columns;
  const sample = await readSample(table, looked);
  const valuesOf = (name: string) => sample.map((cells) => cells[looked.indexOf(name)] ?? null);
  const roles = { ...noRoles };
  for (const role of Object.keys(noRoles) as (keyof AssignedRoles)[]) {
    const name = stated[role];
    if (name !== undefined && columns.includes(name)) roles[role] = name;
  }
  const free = () => columns.filter((name) => !Object.values(roles).includes(name));
  if (!isContentKnown) Object.assign(roles, guessContent(free(), { valuesOf, refersTo }));
  // Other names than `split` are also those of columns that mean something else.
  const maySplit = (name: string) => name.toLowerCase() === 'split' || valuesOf(name).every(isSplit);
  if (stated.split === undefined) roles.split = firstUsual('split', free().filter(maySplit));
  if (stated.group === undefined) roles.group = firstUsual('group', free());
  if (stated.label === undefined && stated.target === undefined) roles.label = guessLabel(free());
  return roles;
}

function withoutContent({ image: _image, audio: _audio, text: _text, ...roles }: ColumnRoles): ColumnRoles {
  return roles;
}

/** The column with the content, in its role; nothing where there is none. */
function guessContent(
  columns: readonly string[],
  { valuesOf, refersTo }: { valuesOf: (name: string) => Cell[]; refersTo: (role: FileRole, cell: Cell) => boolean },
): Partial<AssignedRoles> {
  for (const role of fileRoles) {
    const name = guessFiles(role, columns, (column) => valuesOf(column).filter((cell) => refersTo(role, cell)).length);
    if (name !== null) return { [role]: name };
  }
  return { text: guessText(columns, valuesOf) };
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

/** The column with the most files of a role among the sampled values, of equals the one with the most usual name. */
function guessFiles(role: FileRole, columns: readonly string[], filesIn: (name: string) => number): string | null {
  const rank = (name: string) => (usualRank(role, name) < 0 ? usualNames[role].length : usualRank(role, name));
  const candidates = columns.map((name) => ({ name, files: filesIn(name), rank: rank(name) }));
  const [best] = candidates.sort((a, b) => b.files - a.files || a.rank - b.rank);
  return best && best.files > 0 ? best.name : null;
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
