import { ScionError } from '@scion/schema';
import { parseSafetensorsHeader } from './safetensors-header.ts';

/** A float32 tensor in plain memory. */
export type NamedArray = { name: string; shape: readonly number[]; data: Float32Array };

const alignment = 8;

/** The safetensors form: header length (8 bytes, little-endian), JSON header, then the values. Yields the bytes in pieces. */
export function encodeSafetensors(tensors: readonly NamedArray[], metadata: Record<string, string> = {}): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(json.length / alignment) * alignment, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** Reads float32 tensors back. Throws ScionError `checkpointCorrupt` where the bytes are not a whole safetensors file. */
export function decodeSafetensors(bytes: Uint8Array): Map<string, NamedArray> {
  const refuse = (why: string, cause?: unknown) => new ScionError('checkpointCorrupt', `The safetensors file ${why}`, { cause });
  if (bytes.length < 8) throw refuse('ends within its header length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw refuse('ends within its header');
  const tensors = new Map<string, NamedArray>();
  const entries = parseSafetensorsHeader(bytes.subarray(8, start), { dataBytes: bytes.length - start, refuse });
  for (const { name, dtype, shape, from, to } of entries) {
    if (dtype !== 'F32') throw refuse(`holds ${name} as ${dtype}; only F32 is read`);
    // A copy, since the values may lie off the four-byte grid that a Float32Array needs. (`slice` of a Buffer would be none.)
    const values = new Uint8Array(bytes.subarray(start + from, start + to));
    tensors.set(name, { name, shape, data: new Float32Array(values.buffer) });
  }
  return tensors;
}
