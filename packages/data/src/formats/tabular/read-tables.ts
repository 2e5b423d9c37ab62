import type { Archive } from '../../archive/archive.ts';
import { dataInvalid } from '../data-invalid.ts';
import { isNamedLikeImage } from '../files/file-kinds.ts';
import {
  type ExampleFacts,
  folderOf,
  type OpenedDataset,
  type OpenedImages,
  type OpenedTexts,
  type RawExample,
  type RawText,
  type ReadContext,
} from '../format.ts';
import { compareSplits, splitOfName, splitOfPath } from '../split-names.ts';
import { type AssignedRoles, assignRoles } from './assign-roles.ts';
import { ImageFinder } from './image-finder.ts';
import { readTableLabels, type TableLabels } from './read-labels.ts';
import { type Cell, type Table, wordsOf } from './table.ts';

/** A table, its columns by role, the one with the content of examples, and the split of the rows that name none. */
type Plan = { table: Table; roles: AssignedRoles; content: string; split: string };

type Reading = { labels: TableLabels; context: ReadContext };

/**
 * Makes examples of the rows of tables, one each: images, or texts where no table has images or texts are asked for. Tables that
 * hold neither are passed over. Throws `dataInvalid` where all do.
 */
export async function readTables(archive: Archive, tables: readonly Table[], context: ReadContext): Promise<OpenedDataset> {
  const finder = new ImageFinder(archive.entries);
  const { role, plans } = await planTables(tables, { finder, context });
  const labels = await readTableLabels(plans.flatMap(({ table, roles: { label } }) => (label === null ? [] : { table, label })));
  if (labels.classNames.length === 0 && plans.every(({ roles }) => roles.target === null)) {
    const columns = [...new Set(plans.flatMap(({ table }) => table.columns))].join(', ');
    const message = `No column holds labels (there are ${columns}): all ${role}s are unlabelled`;
    context.issues.inform('no-labels', { message });
  }
  const reading = { labels, context };
  const { classNames } = labels;
  if (role === 'text') return { modality: 'text', classNames, examples: readTexts(plans, reading) } satisfies OpenedTexts;
  return { modality: 'image', classNames, examples: readImages(plans, { archive, finder, reading }) } satisfies OpenedImages;
}

async function planTables(
  tables: readonly Table[],
  { finder, context }: { finder: ImageFinder; context: ReadContext },
): Promise<{ role: 'image' | 'text'; plans: Plan[] }> {
  const assigned = [];
  for (const table of tables) {
    const folder = folderOf(table.path);
    const isImage = (cell: Cell) => finder.looksLikeImage(cell, folder);
    assigned.push({ table, roles: await assignRoles(table, { given: context.columns, isImage }) });
  }
  const role = assigned.some(({ roles }) => roles.image !== null) ? 'image' : 'text';
  const plans: Plan[] = [];
  for (const { table, roles } of assigned) {
    const content = roles[role];
    if (content !== null) plans.push({ table, roles, content, split: splitOfPath(table.path) ?? 'train' });
    else if (assigned.some(({ roles: others }) => others[role] !== null))
      context.issues.inform(`table-without-${role}s`, { path: table.path, message: `No column holds ${role}s; passed over` });
  }
  const [table] = tables;
  if (plans.length === 0 && table) {
    const advice = 'Name the column with columns.image or columns.text, or put the images beside the table';
    throw dataInvalid(table.path, `No column holds images or texts (there are ${table.columns.join(', ')}). ${advice}`);
  }
  refuseUnknownColumns(plans, context);
  return { role, plans: plans.sort((a, b) => compareSplits(a.split, b.split)) };
}

function refuseUnknownColumns(plans: readonly Plan[], { columns }: ReadContext): void {
  for (const role of ['label', 'target', 'split', 'group'] as const) {
    const name = columns[role];
    if (name === undefined || plans.some(({ roles }) => roles[role] === name)) continue;
    throw dataInvalid(plans[0]?.table.path ?? null, `There is no column ${JSON.stringify(name)} for columns.${role}`);
  }
}

async function* readImages(
  plans: readonly Plan[],
  { archive, finder, reading }: { archive: Archive; finder: ImageFinder; reading: Reading },
): AsyncGenerator<RawExample> {
  const { issues } = reading.context;
  const unseen = new Set(archive.entries.filter(isNamedLikeImage));
  for (const plan of plans) {
    for await (const { cell, facts } of readPlan(plan, reading)) {
      const { path, row } = facts.source;
      const image = finder.find(cell, folderOf(path));
      if (image === null) {
        issues.leaveOut('image-missing', { split: facts.split, path, row, message: describeMissing(cell) });
        continue;
      }
      if (!('entry' in image)) yield { ...facts, image };
      else {
        unseen.delete(image.entry);
        yield { ...facts, source: { ...facts.source, path: image.entry.path, row: null }, image };
      }
    }
  }
  if (unseen.size > 0) {
    issues.inform('not-in-table', { message: `${unseen.size} images of the upload are in no table; they were passed over` });
  }
}

async function* readTexts(plans: readonly Plan[], reading: Reading): AsyncGenerator<RawText> {
  for (const plan of plans) {
    for await (const { cell, facts } of readPlan(plan, reading)) {
      yield { ...facts, text: typeof cell === 'string' ? cell : '' };
    }
  }
}

/** What the rows of one table that can be read say, in order, and the cell with their content; the others are reported. */
async function* readPlan(
  { table, roles, content, split: usualSplit }: Plan,
  { labels, context: { issues } }: Reading,
): AsyncGenerator<{ cell: Cell; facts: ExampleFacts }> {
  const { path } = table;
  const wanted = [content, roles.label, roles.target, roles.split, roles.group].flatMap((name) => name ?? []);
  for await (const record of table.rows(wanted)) {
    const { row } = record;
    const leaveOut = (code: string, message: string) => issues.leaveOut(code, { split: usualSplit, path, row, message });
    if ('fault' in record) {
      leaveOut(record.fault.code, record.fault.message);
      continue;
    }
    const cellOf = (name: string | null) => (name === null ? null : (record.cells[wanted.indexOf(name)] ?? null));
    const splitName = wordsOf(cellOf(roles.split));
    const split = splitName === null ? usualSplit : splitOfName(splitName);
    const target = wordsOf(cellOf(roles.target));
    if (split === null) leaveOut('split-unknown', `The split ${show(splitName)} is not train, val, test or unlabelled`);
    else if (target !== null && !Number.isFinite(Number(target))) leaveOut('target-unreadable', `${show(target)} is no number`);
    else {
      const group = wordsOf(cellOf(roles.group));
      const source = group === null ? { path, row } : { path, row, group };
      const facts = { split, source, ...labels.factsOf(cellOf(roles.label)), ...(target !== null && { target: Number(target) }) };
      yield { cell: cellOf(content), facts };
    }
  }
}

function describeMissing(cell: Cell): string {
  const words = wordsOf(cell);
  if (words === null) return 'It has no image';
  if (/^[a-z]+:\/\//i.test(words)) return `${show(words)} is an address: images must be in the upload`;
  return `There is no image ${show(words)} in the upload`;
}

/** A value as a message shows it: shortened, with what is invisible spelt out. */
function show(text: string | null): string {
  return JSON.stringify((text ?? '').slice(0, 100));
}
