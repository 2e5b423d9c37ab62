import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { decodeUtf8 } from '../../text/decode-utf8.ts';
import { dataInvalid } from '../data-invalid.ts';
import { type Cell, cellOfValue, maxRecordBytes, type Table, type TableRow } from './table.ts';
import { textChunks } from './text-file.ts';

/** Records whose keys are looked at to know the columns. */
const sampleRows = 100;

/** A file with one JSON object a line. */
export async function openJsonlTable(archive: Archive, entry: ArchiveEntry): Promise<Table> {
  const { path } = entry;
  const columns = new Set<string>();
  let rows = 0;
  for await (const line of jsonLines(textChunks(archive, entry), { path })) {
    const record = parseRecord(line);
    if (record) for (const key of Object.keys(record)) columns.add(key);
    if (++rows === sampleRows) break;
  }
  if (rows === 0) throw dataInvalid(path, 'The table is empty');
  if (columns.size === 0) throw dataInvalid(path, 'Its lines are not JSON objects');
  return {
    path,
    columns: [...columns],
    roles: {},
    classesOf: () => null,
    rows: (wanted) => jsonlRows(jsonLines(textChunks(archive, entry), { path }), wanted),
  };
}

async function* jsonlRows(lines: AsyncIterable<Buffer>, wanted: readonly string[]): AsyncGenerator<TableRow> {
  let row = 0;
  for await (const line of lines) yield readRow(line, row++, wanted);
}

function readRow(line: Buffer, row: number, wanted: readonly string[]): TableRow {
  const record = parseRecord(line);
  if (record === null) {
    const isText = decodeUtf8(line) !== null;
    const fault = isText
      ? { code: 'row-malformed', message: 'The line is not a JSON object' }
      : { code: 'row-not-utf8', message: 'The line is not valid UTF-8' };
    return { row, fault };
  }
  const cells: Cell[] = [];
  for (const column of wanted) {
    const cell = cellOfValue(Object.hasOwn(record, column) ? record[column] : null);
    if (cell === undefined) {
      return { row, fault: { code: 'row-malformed', message: `The value of ${JSON.stringify(column)} is an object` } };
    }
    cells.push(cell);
  }
  return { row, cells };
}

function parseRecord(line: Buffer): Record<string, unknown> | null {
  const text = decodeUtf8(line);
  try {
    const value: unknown = text === null ? null : JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The lines of a text file that are not blank. Throws `dataInvalid` at a line of more than `maxBytes`. */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  { path, maxBytes = maxRecordBytes }: { path: string; maxBytes?: number },
): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > maxBytes) throw dataInvalid(path, `It holds a line of more than ${maxBytes} bytes`);
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      take(chunk.subarray(start, end));
      const line = Buffer.concat(parts);
      if (!isBlank(line)) yield line;
      parts = [];
      length = 0;
      start = end + 1;
    }
    take(chunk.subarray(start));
  }
  const last = Buffer.concat(parts);
  if (!isBlank(last)) yield last;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
