import { ScionError } from '@scion/schema';
import { z } from 'zod';

/** A float32 tensor in plain memory. */
export type NamedArray = { name: string; shape: readonly number[]; data: Float32Array };

const Header = z.record(
  z.string(),
  z.union([
    z.object({ dtype: z.string(), shape: z.array(z.int().min(0)), data_offsets: z.tuple([z.int().min(0), z.int().min(0)]) }),
    z.record(z.string(), z.string()), // __metadata__
  ]),
);

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
  const corrupt = (why: string, cause?: unknown) => new ScionError('checkpointCorrupt', `The safetensors file ${why}`, { cause });
  if (bytes.length < 8) throw corrupt('ends within its header length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  if (start > bytes.length) throw corrupt('ends within its header');
  const tensors = new Map<string, NamedArray>();
  for (const [name, entry] of Object.entries(parseHeader(bytes.subarray(8, start), corrupt))) {
    if (name === '__metadata__' || name.endsWith('.num_batches_tracked')) continue; // PyTorch's int64 count, which nothing here needs
    if (!Array.isArray(entry['data_offsets'])) throw corrupt(`says nothing of where ${name} lies`);
    const { dtype, shape, data_offsets: offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const [from, to] = offsets;
    const size = shape.reduce((product, side) => product * side, 1);
    if (dtype !== 'F32') throw corrupt(`holds ${name} as ${dtype}; only F32 is read`);
    if (to - from !== size * 4 || start + to > bytes.length) throw corrupt(`does not hold all of ${name}`);
    // A copy, since the values may lie off the four-byte grid that a Float32Array needs. (`slice` of a Buffer would be none.)
    const values = new Uint8Array(bytes.subarray(start + from, start + to));
    tensors.set(name, { name, shape, data: new Float32Array(values.buffer) });
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array, corrupt: (why: string, cause: unknown) => Error) {
  try {
    return Header.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw corrupt('has a header that is not as it should be', error);
  }
}
