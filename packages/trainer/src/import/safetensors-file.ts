import type { FileHandle } from 'node:fs/promises';
import { parseSafetensorsHeader } from '../artifact/safetensors-header.ts';
import { toFloat32 } from './element-values.ts';
import { readRange } from './read-range.ts';
import type { TensorFile } from './stored-tensor.ts';
import { weightsInvalid } from './weights-invalid.ts';

const mostHeaderBytes = 100_000_000; // as in the format's reference implementation

/** Whether a file of `size` bytes can be safetensors by its first eight, which give the length of the header. */
export function hasSafetensorsHeader(head: Buffer, size: number): boolean {
  if (size < 8) return false;
  const headerBytes = head.readBigUInt64LE();
  return headerBytes <= BigInt(mostHeaderBytes) && headerBytes <= BigInt(size - 8);
}

/** A safetensors file that others made, of which nothing is believed. */
export async function readSafetensorsFile(handle: FileHandle): Promise<TensorFile> {
  const { size } = await handle.stat();
  const headerBytes = Number((await readRange(handle, 0, 8)).readBigUInt64LE());
  const start = 8 + headerBytes;
  const json = await readRange(handle, 8, headerBytes);
  const entries = parseSafetensorsHeader(json, { dataBytes: size - start, refuse: weightsInvalid });
  return {
    format: 'safetensors',
    entry: null,
    tensors: entries.map(({ name, dtype, shape, from, to }) => ({
      name,
      dtype,
      shape,
      read: async () => toFloat32(await readRange(handle, start + from, to - from), dtype),
    })),
    others: [],
  };
}
