import { ClassNames } from '../class-names.ts';
import { type ExampleFacts, unlabelled } from '../format.ts';
import { type Cell, cellOfValue, type Table, wordsOf } from './table.ts';

/** The classes of the rows of some tables, and what each row's label says. */
export type TableLabels = { classNames: string[]; factsOf: (cell: Cell) => Pick<ExampleFacts, 'label' | 'labels'> };

/**
 * Settles the classes of some tables: those that the tables list, else the labels of all rows, which are read for that. Rows may have
 * several classes: lists, or names with `|` between them. If one row has, the labels of all rows are sets.
 */
export async function readTableLabels(labelled: readonly LabelColumn[]): Promise<TableLabels> {
  const { classNames, labelOf, areSets } = listedClasses(labelled) ?? (await readClasses(labelled));
  return {
    classNames,
    factsOf(cell) {
      if (!areSets) return { label: labelOf(namesOf(cell)[0] ?? null) };
      const labels = [...new Set(namesOf(cell).map(labelOf))].filter((label) => label !== unlabelled);
      return { label: unlabelled, labels: labels.sort((a, b) => a - b) };
    },
  };
}

type LabelColumn = { table: Table; label: string };
type Classes = ReturnType<ClassNames['number']> & { areSets: boolean };

async function readClasses(labelled: readonly LabelColumn[]): Promise<Classes> {
  const names = new ClassNames();
  let areSets = false;
  for (const { table, label } of labelled) {
    for await (const row of table.rows([label])) {
      if (!('cells' in row)) continue;
      const [cell = null] = row.cells;
      const ofRow = namesOf(cell);
      areSets ||= ofRow.length > 1 || listOf(cell) !== null;
      for (const name of ofRow) names.add(name, table.path);
    }
  }
  return { ...names.number(), areSets };
}

/** The classes as the tables list them, if all do, and the same. */
function listedClasses(labelled: readonly LabelColumn[]): Classes | null {
  const lists = labelled.map(({ table, label }) => table.classesOf(label));
  const [first] = lists;
  if (!first || lists.some((list) => list?.names.join('\n') !== first.names.join('\n'))) return null;
  const labels = new Map(first.names.map((name, label) => [name, label]));
  const areSets = lists.some((list) => list?.areSets);
  return { classNames: [...first.names], labelOf: (name) => labels.get(name ?? '') ?? unlabelled, areSets };
}

/** The names in a label: those of a list, those between bars, or the one that it is. */
function namesOf(cell: Cell): string[] {
  const parts = listOf(cell) ?? wordsOf(cell)?.split('|') ?? [];
  return parts.map((name) => name.trim()).filter((name) => name !== '');
}

/** A list as such or as JSON; null for what is none. */
function listOf(cell: Cell): readonly string[] | null {
  if (isList(cell)) return cell;
  const words = wordsOf(cell);
  if (words === null || !words.startsWith('[') || !words.endsWith(']')) return null;
  try {
    const list = cellOfValue(JSON.parse(words)) ?? null;
    return isList(list) ? list : null;
  } catch {
    return null;
  }
}

function isList(cell: Cell): cell is readonly string[] {
  return Array.isArray(cell);
}
