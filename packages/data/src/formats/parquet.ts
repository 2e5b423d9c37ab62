import { dataInvalid } from './data-invalid.ts';
import type { DatasetFormat } from './format.ts';
import { openParquetTable } from './tabular/parquet-table.ts';
import { readTables } from './tabular/read-tables.ts';
import type { Table } from './tabular/table.ts';

const parquetName = /\.parquet$/i;

/** Tables of images, recordings or texts, in the layout of the Hugging Face Hub. */
export const parquet: DatasetFormat = {
  id: 'parquet',
  summary:
    'Parquet files with texts, or images or recordings as bytes, paths or {bytes, path}, their split in the name: `train-00000-of-00001.parquet`, `train/0.parquet`',

  detect({ entries }) {
    return entries.some(({ path }) => parquetName.test(path));
  },

  async open(archive, context) {
    const files = archive.entries.filter(({ path }) => parquetName.test(path));
    if (files.length === 0) throw dataInvalid(null, 'There is no .parquet file in it');
    const tables: Table[] = [];
    for (const file of files) tables.push(await openParquetTable(archive, file));
    return readTables(archive, tables, context);
  },
};
