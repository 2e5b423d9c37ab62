import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { dataInvalid } from '../data-invalid.ts';
import { maxRecordBytes } from './table.ts';

/** One character each; the one that the first line holds most of is taken. */
const delimiters = [',', '\t', ';', '|'];

/**
 * The records of a CSV file as the bytes of their fields, its first line included. Fields may be quoted, and hold newlines then;
 * lines end in LF or CRLF. Throws `dataInvalid` at a quote out of place or a record of more than `maxBytes`.
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  { path, delimiter, maxBytes = maxRecordBytes }: { path: string; delimiter: string; maxBytes?: number },
): AsyncGenerator<Buffer[]> {
  const parser = parse({
    delimiter,
    encoding: null, // Fields come as bytes, so that each can be checked to be UTF-8.
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxBytes,
  });
  // Errors reach the loop below, because pipeline destroys the parser with them.
  pipeline(Readable.from(chunks, { objectMode: false }), parser, () => undefined);
  try {
    yield* parser as AsyncIterable<Buffer[]>;
  } catch (error) {
    throw error instanceof CsvError ? asDataInvalid(error, { path, maxBytes }) : error;
  }
}

/** The delimiter of a CSV file by its name and first line. */
export function delimiterOf(path: string, start: Buffer): string {
  if (/\.tsv(?:\.gz)?$/i.test(path)) return '\t';
  const [line = ''] = start.toString('latin1').split('\n', 1);
  const counts = delimiters.map((delimiter) => line.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ',';
}

function asDataInvalid(error: CsvError, { path, maxBytes }: { path: string; maxBytes: number }): Error {
  const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : null;
  const where = line === null ? 'It' : `Line ${line}`;
  if (error.code === 'CSV_MAX_RECORD_SIZE') return dataInvalid(path, `${where} holds a record of more than ${maxBytes} bytes`);
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return dataInvalid(path, 'A quoted field is not closed before the file ends');
  return dataInvalid(path, `${where} has a quotation mark out of place: quote the whole field and double the marks in it`);
}
