import type { ColumnRoles } from '@scion/schema';
import { dataInvalid } from '../data-invalid.ts';
import { splitOfName } from '../split-names.ts';
import type { Cell, Table } from './table.ts';

/** Which column plays which role; null for none. */
export type AssignedRoles = Record<keyof ColumnRoles, string | null>;

const sampleRows = 20;

/** Names that columns of a role usually have, in lower case without `_`, `-` and blanks; the more particular stand first. */
const usualNames = {
  image: ['image', 'img', 'imagepath', 'imagefile', 'filename', 'filepath', 'file', 'path', 'imageid', 'imagename', 'id'],
  label: ['label', 'cls', 'class', 'classname', 'labelname', 'category', 'target', 'species', 'finelabel', 'labels', 'y'],
  split: ['split', 'subset', 'partition', 'set', 'usage'],
  group: ['group', 'groupid', 'patient', 'patientid', 'subject', 'subjectid', 'series', 'seriesid', 'scene'],
} as const;

/**
 * Settles the role of each column: as `given`, else as the table states, else by the values of its first rows and by the names
 * of its columns. Throws `dataInvalid` where the image column that was asked for is not there.
 */
export async function assignRoles(
  table: Table,
  { given, isImage }: { given: ColumnRoles; isImage: (cell: Cell) => boolean },
): Promise<AssignedRoles> {
  const { columns } = table;
  const stated = { ...table.roles, ...given };
  if (stated.image !== undefined && !columns.includes(stated.image)) {
    throw dataInvalid(table.path, `There is no column ${JSON.stringify(stated.image)}. There are ${columns.join(', ')}`);
  }
  // Where the images are known they are not read just to look at the rest: they are most of the file.
  const looked = stated.image === undefined ? columns : columns.filter((name) => usualRank('split', name) >= 0);
  const sample = await readSample(table, looked);
  const valuesOf = (name: string) => sample.map((cells) => cells[looked.indexOf(name)] ?? null);
  const roles: AssignedRoles = { image: null, label: null, split: null, group: null };
  for (const role of ['image', 'label', 'split', 'group'] as const) {
    const name = stated[role];
    if (name !== undefined && columns.includes(name)) roles[role] = name;
  }
  const free = () => columns.filter((name) => !Object.values(roles).includes(name));
  roles.image ??= guessImage(free(), (name) => valuesOf(name).filter(isImage).length);
  // Other names than `split` are also those of columns that mean something else.
  const maySplit = (name: string) => name.toLowerCase() === 'split' || valuesOf(name).every(isSplit);
  if (stated.split === undefined) roles.split = firstUsual('split', free().filter(maySplit));
  if (stated.group === undefined) roles.group = firstUsual('group', free());
  if (stated.label === undefined) roles.label = guessLabel(free());
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
  return cell === null || (typeof cell === 'string' && splitOfName(cell) !== null);
}
