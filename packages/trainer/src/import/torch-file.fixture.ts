import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

/** Pickles put together instruction by instruction, as Python's pickle module writes them, and things it never would. */
export const pickle = {
  of: (...parts: Buffer[]) => Buffer.concat([latin('\x80\x02'), ...parts, latin('.')]),
  global: (module: string, name: string) => latin(`c${module}\n${name}\n`),
  text: (text: string) => Buffer.concat([latin('X'), uint32(Buffer.byteLength(text)), Buffer.from(text)]),
  int: (value: number) => Buffer.concat([latin('J'), int32(value)]),
  none: () => latin('N'),
  tuple: (...items: Buffer[]) => Buffer.concat([latin('('), ...items, latin('t')]),
  dict: (entries: Readonly<Record<string, Buffer>>) =>
    Buffer.concat([latin('}('), ...Object.entries(entries).flatMap(([key, value]) => [pickle.text(key), value]), latin('u')]),
  call: (callee: Buffer, ...args: Buffer[]) => Buffer.concat([callee, pickle.tuple(...args), latin('R')]),
  /** A tensor as torch.save describes it. */
  tensor({ key, shape, strides, offset = 0, type = 'FloatStorage' }: TensorDescription) {
    const storage = [pickle.text('storage'), pickle.global('torch', type), pickle.text(key), pickle.text('cpu'), pickle.int(0)];
    const ints = (values: readonly number[]) => pickle.tuple(...values.map(pickle.int));
    return pickle.call(
      pickle.global('torch._utils', '_rebuild_tensor_v2'),
      Buffer.concat([pickle.tuple(...storage), latin('Q')]),
      pickle.int(offset),
      ints(shape),
      ints(strides),
      latin('\x89'),
      pickle.call(pickle.global('collections', 'OrderedDict')),
    );
  },
};

type TensorDescription = {
  key: string;
  shape: readonly number[];
  strides: readonly number[];
  offset?: number;
  type?: string;
};

/** A zip as torch.save writes it: `data.pkl`, and one part for each storage. */
export async function torchZip(
  data: Buffer,
  storages: Readonly<Record<string, Buffer>>,
  { compress = false, parts = {} }: { compress?: boolean; parts?: Readonly<Record<string, Buffer>> } = {},
): Promise<Buffer> {
  const zip = new ZipFile();
  const named = Object.entries(storages).map(([key, bytes]) => [`data/${key}`, bytes] as const);
  for (const [name, bytes] of [['data.pkl', data] as const, ...named, ...Object.entries(parts)]) {
    zip.addBuffer(bytes, `archive/${name}`, { compress });
  }
  zip.end();
  return await buffer(zip.outputStream);
}

/** float32 numbers, little-endian. */
export function floats(...values: number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
