/** Entry of the thread that decodes one Parquet file: hostile files can keep the decoder busy for ever, and a thread can be ended. */
import { type FileHandle, open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors as decompressors } from 'hyparquet-compressors';
import {
  maxRowGroupBytes,
  type ParquetAnswer,
  type ParquetDescription,
  type ParquetPlace,
  type ParquetTask,
} from './parquet-messages.ts';
import { type Cell, cellOfValue } from './table.ts';

const place = workerData as ParquetPlace;
const spool = await open(place.path, 'r');
const file = fileOf(spool, place);
let metadata: FileMetaData | null = null;

parentPort?.on('message', (task: ParquetTask) => {
  void answer(task).then((reply) => parentPort?.postMessage(reply));
});

async function answer(task: ParquetTask): Promise<ParquetAnswer> {
  try {
    metadata ??= await parquetMetadataAsync(file);
    if (task.type === 'describe') return { description: describe(metadata) };
    return { rows: { cells: await readGroup(metadata, task) } };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function fileOf(handle: FileHandle, { offset, sizeBytes }: ParquetPlace): AsyncBuffer {
  return {
    byteLength: sizeBytes,
    async slice(start, end = sizeBytes) {
      const from = Math.min(Math.max(start, 0), sizeBytes);
      const bytes = new Uint8Array(Math.min(Math.max(end, from), sizeBytes) - from);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + from + filled);
        if (bytesRead === 0) throw new Error('it is cut short');
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

function describe(footer: FileMetaData): ParquetDescription {
  const { children } = parquetSchema(footer);
  const hasBytes = (column: (typeof children)[number]) => column.children.some(({ element }) => element.name === 'bytes');
  return {
    columns: children.map(({ element }) => element.name),
    fileStructs: children.filter(hasBytes).map(({ element }) => element.name),
    huggingFace: footer.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value ?? null,
    groups: footer.row_groups.map((group) => {
      const columnBytes: Record<string, number> = {};
      for (const { meta_data: part } of group.columns) {
        const name = part?.path_in_schema[0] ?? '';
        columnBytes[name] = (columnBytes[name] ?? 0) + Number(part?.total_uncompressed_size ?? 0);
      }
      return { rows: Number(group.num_rows), columnBytes };
    }),
  };
}

async function readGroup(footer: FileMetaData, { group, columns }: { group: number; columns: string[] }) {
  const rowsOf = (number: number) => Number(footer.row_groups[number]?.num_rows ?? 0);
  let rowStart = 0;
  for (let earlier = 0; earlier < group; earlier++) rowStart += rowsOf(earlier);
  const rowEnd = rowStart + rowsOf(group);
  const compressors = limitedDecompressors();
  const records = await parquetReadObjects({ file, metadata: footer, compressors, columns, rowStart, rowEnd, utf8: false });
  if (records.length !== rowEnd - rowStart) throw new Error('it has fewer rows than its footer says');
  return records.map((record) => columns.map((column) => cellOf(record[column])));
}

/** A cell, or undefined for what is none. Of {bytes, path} the bytes count, where there are any. */
function cellOf(value: unknown): Cell | undefined {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return cellOfValue(value);
  const { bytes } = value;
  if (bytes instanceof Uint8Array) return bytes;
  return 'path' in value && typeof value.path === 'string' ? value.path : null;
}

/** Decompressors for one row group, which give up before a page unpacks to more than the group may have. */
function limitedDecompressors(): Compressors {
  let unpacked = 0;
  const limit = (decompress: NonNullable<Compressors['SNAPPY']>) => (input: Uint8Array, outputLength: number) => {
    unpacked += outputLength;
    if (unpacked > maxRowGroupBytes) throw new Error(`it unpacks to more than ${maxRowGroupBytes} bytes`);
    return decompress(input, outputLength);
  };
  return Object.fromEntries(Object.entries(decompressors).map(([codec, decompress]) => [codec, limit(decompress)]));
}
