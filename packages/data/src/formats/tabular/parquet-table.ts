import type { ColumnRoles } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { dataInvalid } from '../data-invalid.ts';
import { parseHuggingFaceFeatures } from './hugging-face-features.ts';
import { maxRowGroupBytes, type ParquetDescription } from './parquet-messages.ts';
import { ParquetReader } from './parquet-reader.ts';
import type { Cell, ListedClasses, Table, TableRow } from './table.ts';

type ClassesByColumn = ReadonlyMap<string, ListedClasses>;

/** A Parquet file, as Hugging Face writes them: images and recordings as {bytes, path}, classes as numbers with their names in the metadata. */
export async function openParquetTable(archive: Archive, entry: ArchiveEntry): Promise<Table> {
  const { path } = entry;
  const start = () => new ParquetReader(archive.locate(entry), path);
  const { columns, fileStructs, huggingFace, groups } = await describe(start());
  const { images, recordings, classes } = parseHuggingFaceFeatures(huggingFace);
  // Without a word on it, files in a column called `audio` are recordings, and others images.
  const isAudio = (name: string) => recordings.includes(name) || name === 'audio';
  const [image] = [...images, ...fileStructs.filter((name) => !isAudio(name))];
  const [audio] = [...recordings, ...fileStructs.filter(isAudio)];
  const roles: ColumnRoles = image === undefined ? {} : { image };
  if (image === undefined && audio !== undefined) roles.audio = audio;
  const [label] = classes.size === 1 ? classes.keys() : [];
  if (label !== undefined) roles.label = label;
  return {
    path,
    columns,
    roles,
    classesOf: (column) => classes.get(column) ?? null,
    rows: (wanted) => parquetRows(start, { path, groups, wanted, classes }),
  };
}

async function describe(reader: ParquetReader): Promise<ParquetDescription> {
  try {
    return await reader.describe();
  } finally {
    await reader.close();
  }
}

async function* parquetRows(
  start: () => ParquetReader,
  {
    path,
    groups,
    wanted,
    classes,
  }: { path: string; groups: ParquetDescription['groups']; wanted: readonly string[]; classes: ClassesByColumn },
): AsyncGenerator<TableRow> {
  const reader = start();
  let row = 0;
  try {
    for (const [number, { columnBytes }] of groups.entries()) {
      const bytes = wanted.reduce((sum, column) => sum + (columnBytes[column] ?? 0), 0);
      if (bytes > maxRowGroupBytes) {
        throw dataInvalid(path, `Its row group ${number} has more than ${maxRowGroupBytes} bytes: write smaller row groups`);
      }
      const { cells } = await reader.readRows(number, wanted, bytes);
      for (const ofRow of cells) yield readRow(ofRow, { row: row++, wanted, classes });
    }
  } finally {
    await reader.close();
  }
}

function readRow(
  values: readonly (Cell | undefined)[],
  { row, wanted, classes }: { row: number; wanted: readonly string[]; classes: ClassesByColumn },
): TableRow {
  const cells: Cell[] = [];
  for (const [i, column] of wanted.entries()) {
    const names = classes.get(column)?.names;
    const cell = names ? classOf(values[i], names) : values[i];
    if (cell === undefined) {
      const message = `The value of ${JSON.stringify(column)} is ${names ? `none of its ${names.length} classes` : 'no single value'}`;
      return { row, fault: { code: 'row-malformed', message } };
    }
    cells.push(cell);
  }
  return { row, cells };
}

/** The name of a class, null for none (-1, as data sets without public test labels have it), undefined for what is no class. */
function classOf(value: Cell | undefined, names: readonly string[]): Cell | undefined {
  if (value === null || value === '-1') return null;
  if (typeof value === 'string') return names[Number(value)];
  if (value === undefined || value instanceof Uint8Array) return undefined;
  const several = value.map((one) => names[Number(one)]);
  return several.every((name) => name !== undefined) ? several : undefined;
}
