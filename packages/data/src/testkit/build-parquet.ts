import type { CompressionCodec, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

const hubSchema: SchemaElement[] = [
  { name: 'root', num_children: 2 },
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
];

/** One row as the Hugging Face Hub stores images with classes. */
export type HubRow = { image: { bytes: Uint8Array | null; path: string | null } | null; label: number | null };

/** A Parquet file in the layout of the Hugging Face Hub; `classNames` null leaves out the metadata that names the classes. */
export function buildHubParquet(
  rows: readonly HubRow[],
  options: { classNames: readonly string[] | null; rowGroupSize?: number; codec?: CompressionCodec },
): Buffer {
  const { classNames, rowGroupSize = 1000, codec = 'SNAPPY' } = options;
  const features = { image: { _type: 'Image' }, label: { names: classNames, _type: 'ClassLabel' } };
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: rows.map(({ image }) => image) },
      { name: 'label', data: rows.map(({ label }) => (label === null ? null : BigInt(label))) },
    ],
    schema: hubSchema,
    rowGroupSize,
    codec,
    kvMetadata: classNames ? [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }] : [],
  });
  return Buffer.from(file);
}
