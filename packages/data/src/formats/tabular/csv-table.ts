import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { decodeUtf8 } from '../../text/decode-utf8.ts';
import { dataInvalid } from '../data-invalid.ts';
import { csvRecords, delimiterOf } from './csv-records.ts';
import type { Cell, Table, TableRow } from './table.ts';
import { readStart, textChunks } from './text-file.ts';

const startBytes = 1 << 16;

/**
 * A CSV or TSV file. Its first line names the columns, unless a field of it already `isImage`: then they are called `column1`,
 * `column2`, …
 */
export async function openCsvTable(archive: Archive, entry: ArchiveEntry, isImage: (cell: Cell) => boolean): Promise<Table> {
  const { path } = entry;
  const delimiter = delimiterOf(path, await readStart(archive, entry, startBytes));
  const read = () => csvRecords(textChunks(archive, entry), { path, delimiter });
  const first = await firstOf(read());
  if (!first) throw dataInvalid(path, 'The table is empty');
  const names = first.map(decodeUtf8);
  const hasHeader = !names.some(isImage);
  const columns = hasHeader ? names.map((name) => headerName(name, path)) : names.map((_, i) => `column${i + 1}`);
  const twin = columns.find((name, i) => columns.indexOf(name) < i);
  if (twin !== undefined) throw dataInvalid(path, `Two columns are called ${JSON.stringify(twin)}`);
  return {
    path,
    columns,
    roles: {},
    classesOf: () => null,
    rows: (wanted) => csvRows(read(), { columns, wanted, hasHeader }),
  };
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item | null> {
  for await (const item of items) return item;
  return null;
}

function headerName(name: string | null, path: string): string {
  if (name === null) throw dataInvalid(path, 'The names of its columns are not UTF-8: save it as UTF-8');
  return name.trim();
}

async function* csvRows(
  records: AsyncIterable<Buffer[]>,
  { columns, wanted, hasHeader }: { columns: readonly string[]; wanted: readonly string[]; hasHeader: boolean },
): AsyncGenerator<TableRow> {
  const positions = wanted.map((name) => columns.indexOf(name));
  let row = hasHeader ? -1 : 0;
  for await (const fields of records) {
    if (row >= 0) yield readRow(fields, { row, columns, positions });
    row++;
  }
}

function readRow(
  fields: Buffer[],
  { row, columns, positions }: { row: number; columns: readonly string[]; positions: readonly number[] },
): TableRow {
  if (fields.length !== columns.length) {
    const message = `It has ${fields.length} fields, but the table has ${columns.length} columns`;
    return { row, fault: { code: 'row-malformed', message } };
  }
  const cells: Cell[] = [];
  for (const position of positions) {
    const text = decodeUtf8(fields[position] ?? Buffer.alloc(0));
    if (text === null) {
      const message = `The column ${JSON.stringify(columns[position])} is not valid UTF-8`;
      return { row, fault: { code: 'row-not-utf8', message } };
    }
    cells.push(text === '' ? null : text);
  }
  return { row, cells };
}
