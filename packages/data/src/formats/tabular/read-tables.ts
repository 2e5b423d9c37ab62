import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { dataInvalid } from '../data-invalid.ts';
import { isNamedLikeImage, isNamedLikeRecording } from '../files/file-kinds.ts';
import {
  type ExampleFacts,
  folderOf,
  type OpenedDataset,
  type RawExample,
  type RawRecording,
  type RawText,
  type ReadContext,
} from '../format.ts';
import { compareSplits, splitOfName, splitOfPath } from '../split-names.ts';
import { type AssignedRoles, assignRoles } from './assign-roles.ts';
import { createFinders, type FileFinder, type FileRole, type Finders, type FoundFile, fileRoles } from './file-finder.ts';
import { readTableLabels, type TableLabels } from './read-labels.ts';
import { type Cell, type Table, wordsOf } from './table.ts';

/** A table, its columns by role, the one with the content of examples, and the split of the rows that name none. */
type Plan = { table: Table; roles: AssignedRoles; content: string; split: string };

/** What examples of each role are called. */
const contents = { image: 'images', audio: 'recordings', text: 'texts' } as const;

type Reading = { labels: TableLabels; context: ReadContext };

/**
 * Makes examples of the rows of tables, one each: of the first of images, recordings and texts that a table has, or of what is asked
 * for. Tables that hold something else are passed over. Throws `dataInvalid` where none holds any.
 */
export async function readTables(archive: Archive, tables: readonly Table[], context: ReadContext): Promise<OpenedDataset> {
  const finders = createFinders(archive.entries);
  const { role, plans } = await planTables(tables, { finders, context });
  const labels = await readTableLabels(plans.flatMap(({ table, roles: { label } }) => (label === null ? [] : { table, label })));
  if (labels.classNames.length === 0 && plans.every(({ roles }) => roles.target === null)) {
    const columns = [...new Set(plans.flatMap(({ table }) => table.columns))].join(', ');
    const message = `No column holds labels (there are ${columns}): all examples are unlabelled`;
    context.issues.inform('no-labels', { message });
  }
  const reading = { labels, context };
  const { classNames } = labels;
  if (role === 'text') return { modality: 'text', classNames, examples: readTexts(plans, reading) };
  const files = readFiles(plans, { role, finder: finders[role], entries: archive.entries, reading });
  if (role === 'audio') return { modality: 'audio', classNames, examples: toRecordings(files) };
  return { modality: 'image', classNames, examples: toImages(files) };
}

async function* toImages(files: AsyncIterable<FileExample>): AsyncGenerator<RawExample> {
  for await (const { facts, file } of files) yield { ...facts, image: file };
}

async function* toRecordings(files: AsyncIterable<FileExample>): AsyncGenerator<RawRecording> {
  for await (const { facts, file } of files) yield { ...facts, recording: file };
}

async function planTables(
  tables: readonly Table[],
  { finders, context }: { finders: Finders; context: ReadContext },
): Promise<{ role: FileRole | 'text'; plans: Plan[] }> {
  const assigned: Omit<Plan, 'content' | 'split'>[] = [];
  for (const table of tables) {
    const folder = folderOf(table.path);
    const refersTo = (role: FileRole, cell: Cell) => finders[role].looksRight(cell, folder);
    assigned.push({ table, roles: await assignRoles(table, { given: context.columns, refersTo }) });
  }
  const role = fileRoles.find((file) => assigned.some(({ roles }) => roles[file] !== null)) ?? 'text';
  const plans: Plan[] = [];
  for (const { table, roles } of assigned) {
    const content = roles[role];
    if (content !== null) plans.push({ table, roles, content, split: splitOfPath(table.path) ?? 'train' });
    else if (assigned.some(({ roles: others }) => others[role] !== null))
      context.issues.inform(`table-without-${contents[role]}`, {
        path: table.path,
        message: `No column holds ${contents[role]}; passed over`,
      });
  }
  const [table] = tables;
  if (plans.length === 0 && table) {
    const advice = 'Name the column with columns.image, columns.audio or columns.text, or put the files beside the table';
    throw dataInvalid(
      table.path,
      `No column holds images, recordings or texts (there are ${table.columns.join(', ')}). ${advice}`,
    );
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

type FileExample = { facts: ExampleFacts; file: NonNullable<FoundFile> };

async function* readFiles(
  plans: readonly Plan[],
  { role, finder, entries, reading }: { role: FileRole; finder: FileFinder; entries: readonly ArchiveEntry[]; reading: Reading },
): AsyncGenerator<FileExample> {
  const { issues } = reading.context;
  const unseen = new Set(entries.filter(role === 'image' ? isNamedLikeImage : isNamedLikeRecording));
  for (const plan of plans) {
    for await (const { cell, facts } of readPlan(plan, reading)) {
      const { path, row } = facts.source;
      const file = finder.find(cell, folderOf(path));
      if (file === null) {
        issues.leaveOut(`${role}-missing`, { split: facts.split, path, row, message: describeMissing(cell, contents[role]) });
        continue;
      }
      if (!('entry' in file)) yield { facts, file };
      else {
        unseen.delete(file.entry);
        yield { facts: { ...facts, source: { ...facts.source, path: file.entry.path, row: null } }, file };
      }
    }
  }
  if (unseen.size > 0) {
    const message = `${unseen.size} ${contents[role]} of the upload are in no table; they were passed over`;
    issues.inform('not-in-table', { message });
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

function describeMissing(cell: Cell, what: string): string {
  const words = wordsOf(cell);
  const one = what.slice(0, -1);
  if (words === null) return `It has no ${one}`;
  if (/^[a-z]+:\/\//i.test(words)) return `${show(words)} is an address: ${what} must be in the upload`;
  return `There is no ${one} ${show(words)} in the upload`;
}

/** A value as a message shows it: shortened, with what is invisible spelt out. */
function show(text: string | null): string {
  return JSON.stringify((text ?? '').slice(0, 100));
}
