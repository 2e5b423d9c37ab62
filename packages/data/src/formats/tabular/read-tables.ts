import type { Archive } from '../../archive/archive.ts';
import { ClassNames } from '../class-names.ts';
import { dataInvalid } from '../data-invalid.ts';
import { folderOf, type OpenedDataset, type RawExample, type ReadContext } from '../format.ts';
import { isNamedLikeImage } from '../image-layout.ts';
import { compareSplits, splitOfName, splitOfPath } from '../split-names.ts';
import { type AssignedRoles, assignRoles } from './assign-roles.ts';
import { type FoundImage, ImageFinder } from './image-finder.ts';
import type { Cell, Table } from './table.ts';

/** A table, its columns by role, and the split of the rows that name none. */
type Plan = { table: Table; roles: AssignedRoles & { image: string }; split: string };

type Labels = { classNames: string[]; labelOf: (name: string | null) => number };

/**
 * Makes examples of the rows of tables, one each. Reads labels in a first pass, where the tables do not list their classes.
 * Tables without a column of images are passed over. Throws `dataInvalid` where none has one.
 */
export async function readTables(archive: Archive, tables: readonly Table[], context: ReadContext): Promise<OpenedDataset> {
  const finder = new ImageFinder(archive.entries);
  const plans = await planTables(tables, { finder, context });
  const labels = await readLabels(plans);
  if (labels.classNames.length === 0) {
    const columns = [...new Set(plans.flatMap(({ table }) => table.columns))].join(', ');
    context.issues.inform('no-labels', { message: `No column holds labels (there are ${columns}): all images are unlabelled` });
  }
  return { classNames: labels.classNames, examples: readExamples(archive, { plans, labels, finder, context }) };
}

async function planTables(
  tables: readonly Table[],
  { finder, context }: { finder: ImageFinder; context: ReadContext },
): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const table of tables) {
    const folder = folderOf(table.path);
    const isImage = (cell: Cell) => finder.looksLikeImage(cell, folder);
    const roles = await assignRoles(table, { given: context.columns, isImage });
    const { image } = roles;
    if (image !== null) plans.push({ table, roles: { ...roles, image }, split: splitOfPath(table.path) ?? 'train' });
    else context.issues.inform('table-without-images', { path: table.path, message: 'No column refers to images; passed over' });
  }
  const [table] = tables;
  if (plans.length === 0 && table) {
    const advice = 'Name the column with columns.image, or put the images beside the table';
    throw dataInvalid(table.path, `No column holds images (there are ${table.columns.join(', ')}). ${advice}`);
  }
  for (const role of ['label', 'split', 'group'] as const) {
    const name = context.columns[role];
    if (name === undefined || plans.some(({ roles }) => roles[role] === name)) continue;
    throw dataInvalid(table?.path ?? null, `There is no column ${JSON.stringify(name)} for columns.${role}`);
  }
  return plans.sort((a, b) => compareSplits(a.split, b.split));
}

async function readLabels(plans: readonly Plan[]): Promise<Labels> {
  const labelled = plans.flatMap(({ table, roles: { label } }) => (label === null ? [] : { table, label }));
  const listed = labelled.map(({ table, label }) => table.classNamesOf(label));
  const [first] = listed;
  if (first && listed.every((names) => names?.join('\n') === first.join('\n'))) return numberListed(first);
  const names = new ClassNames();
  for (const { table, label } of labelled) {
    for await (const row of table.rows([label])) {
      const name = 'cells' in row ? textOf(row.cells[0]) : null;
      if (name !== null) names.add(name, table.path);
    }
  }
  return names.number();
}

function numberListed(classNames: readonly string[]): Labels {
  const labels = new Map(classNames.map((name, label) => [name, label]));
  return { classNames: [...classNames], labelOf: (name) => labels.get(name ?? '') ?? -1 };
}

type Reading = { labels: Labels; finder: ImageFinder; context: ReadContext };

async function* readExamples(
  archive: Archive,
  { plans, ...reading }: Reading & { plans: readonly Plan[] },
): AsyncGenerator<RawExample> {
  const { issues } = reading.context;
  const unseen = new Set(archive.entries.filter(isNamedLikeImage));
  for (const plan of plans) {
    for await (const { image, ...example } of readPlan(plan, reading)) {
      if ('entry' in image) unseen.delete(image.entry);
      yield { ...example, image };
    }
  }
  if (unseen.size > 0) {
    issues.inform('not-in-table', { message: `${unseen.size} images of the upload are in no table; they were passed over` });
  }
}

/** The rows of one table that can be used, in order; the others are reported. */
async function* readPlan(
  { table, roles, split: usualSplit }: Plan,
  { labels, finder, context }: Reading,
): AsyncGenerator<Omit<RawExample, 'image'> & { image: NonNullable<FoundImage> }> {
  const { path } = table;
  const wanted = [roles.image, roles.label, roles.split, roles.group].flatMap((name) => name ?? []);
  for await (const record of table.rows(wanted)) {
    const { row } = record;
    const leaveOut = (code: string, message: string) => context.issues.leaveOut(code, { split: usualSplit, path, row, message });
    if ('fault' in record) {
      leaveOut(record.fault.code, record.fault.message);
      continue;
    }
    const cellOf = (name: string | null) => (name === null ? null : (record.cells[wanted.indexOf(name)] ?? null));
    const splitName = textOf(cellOf(roles.split));
    const split = splitName === null ? usualSplit : splitOfName(splitName);
    const image = finder.find(cellOf(roles.image), folderOf(path));
    if (split === null) leaveOut('split-unknown', `The split ${show(splitName)} is not train, val, test or unlabelled`);
    else if (image === null) leaveOut('image-missing', describeMissing(cellOf(roles.image)));
    else {
      const group = textOf(cellOf(roles.group));
      const place = 'entry' in image ? { path: image.entry.path, row: null } : { path, row };
      const source = group === null ? place : { ...place, group };
      yield { split, label: labels.labelOf(textOf(cellOf(roles.label))), source, image };
    }
  }
}

function describeMissing(cell: Cell): string {
  const text = textOf(cell);
  if (text === null) return 'It has no image';
  if (/^[a-z]+:\/\//i.test(text)) return `${show(text)} is an address: images must be in the upload`;
  return `There is no image ${show(text)} in the upload`;
}

/** A value as a message shows it: shortened, with what is invisible spelt out. */
function show(text: string | null): string {
  return JSON.stringify((text ?? '').slice(0, 100));
}

function textOf(cell: Cell | undefined): string | null {
  return typeof cell === 'string' ? cell : null;
}
