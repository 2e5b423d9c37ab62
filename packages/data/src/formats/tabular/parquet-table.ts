import { type ColumnRoles, ScionError } from '@scion/schema';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors as decompressors } from 'hyparquet-compressors';
import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { dataInvalid } from '../data-invalid.ts';
import { parseHuggingFaceFeatures } from './hugging-face-features.ts';
import type { Cell, Table, TableRow } from './table.ts';

/** A row group is read as a whole, so its size bounds memory. */
const maxRowGroupBytes = 2 ** 30;

/** A Parquet file, as Hugging Face writes them: images as {bytes, path}, classes as numbers with their names in the metadata. */
export async function openParquetTable(archive: Archive, entry: ArchiveEntry): Promise<Table> {
  const { path } = entry;
  const file: AsyncBuffer = {
    byteLength: entry.sizeBytes,
    slice: async (start, end = entry.sizeBytes) => (await archive.slice(entry, start, end)).buffer,
  };
  const metadata = await orDamaged(path, 'Its footer', () => parquetMetadataAsync(file));
  const { children } = await orDamaged(path, 'Its schema', async () => parquetSchema(metadata));
  const { images, classNames } = parseHuggingFaceFeatures(
    metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value,
  );
  const structs = children.filter((column) => column.children.some(({ element }) => element.name === 'bytes'));
  const [image] = [...images, ...structs.map(({ element }) => element.name)];
  const roles: ColumnRoles = image === undefined ? {} : { image };
  const [label] = classNames.size === 1 ? classNames.keys() : [];
  if (label !== undefined) roles.label = label;
  return {
    path,
    columns: children.map(({ element }) => element.name),
    roles,
    classNamesOf: (column) => classNames.get(column) ?? null,
    rows: (wanted) => parquetRows({ file, metadata, path, wanted, classNames }),
  };
}

async function* parquetRows(reading: {
  file: AsyncBuffer;
  metadata: FileMetaData;
  path: string;
  wanted: readonly string[];
  classNames: ReadonlyMap<string, readonly string[]>;
}): AsyncGenerator<TableRow> {
  const { metadata, path, wanted, classNames, file } = reading;
  let row = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    const bytes = group.columns.reduce((sum, { meta_data: column }) => {
      return wanted.includes(column?.path_in_schema[0] ?? '') ? sum + Number(column?.total_uncompressed_size ?? 0) : sum;
    }, 0);
    if (bytes > maxRowGroupBytes) throw tooLarge(path, number);
    const rowEnd = row + Number(group.num_rows);
    const compressors = limitedDecompressors(path, number);
    const range = { file, metadata, compressors, columns: [...wanted], rowStart: row, rowEnd, utf8: false };
    const records = await orDamaged(path, `Its row group ${number}`, () => parquetReadObjects(range));
    if (records.length !== rowEnd - row) throw dataInvalid(path, `Its row group ${number} has fewer rows than its footer says`);
    for (const record of records) yield readRow(record, { row: row++, wanted, classNames });
  }
}

function readRow(
  record: Record<string, unknown>,
  { row, wanted, classNames }: { row: number; wanted: readonly string[]; classNames: ReadonlyMap<string, readonly string[]> },
): TableRow {
  const cells: Cell[] = [];
  for (const column of wanted) {
    const value = record[column];
    const names = classNames.get(column);
    const cell = names ? classOf(value, names) : cellOf(value);
    if (cell === undefined) {
      const message = `The value of ${JSON.stringify(column)} is ${names ? `none of its ${names.length} classes` : 'no single value'}`;
      return { row, fault: { code: 'row-malformed', message } };
    }
    cells.push(cell);
  }
  return { row, cells };
}

/** The name of a class, null for none (-1, as data sets without public test labels have it), undefined for what is no class. */
function classOf(value: unknown, names: readonly string[]): string | null | undefined {
  if (value === null || value === undefined) return null;
  const label = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  return label === -1 ? null : names[label];
}

/** A cell, or undefined for what is none. Of {bytes, path} the bytes count, where there are any. */
function cellOf(value: unknown): Cell | undefined {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value !== 'object') return String(value);
  if (!('bytes' in value)) return undefined;
  const { bytes } = value;
  if (bytes instanceof Uint8Array) return bytes;
  return 'path' in value && typeof value.path === 'string' ? value.path : null;
}

/** Decompressors for one row group, which give up before a page unpacks to more than the group may have. */
function limitedDecompressors(path: string, group: number): Compressors {
  let unpacked = 0;
  return Object.fromEntries(
    Object.entries(decompressors).map(([codec, decompress]) => [
      codec,
      (input: Uint8Array, outputLength: number) => {
        unpacked += outputLength;
        if (unpacked > maxRowGroupBytes) throw tooLarge(path, group);
        return decompress(input, outputLength);
      },
    ]),
  );
}

function tooLarge(path: string, group: number): ScionError {
  return dataInvalid(path, `Its row group ${group} unpacks to more than ${maxRowGroupBytes} bytes: write smaller row groups`);
}

async function orDamaged<Result>(path: string, part: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ScionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw dataInvalid(path, `${part} cannot be read, the file is damaged or incomplete: ${reason}`);
  }
}
