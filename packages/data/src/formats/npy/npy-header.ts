import type { ByteReader } from '../../byte-reader.ts';
import { dataInvalid } from '../data-invalid.ts';

/** What the header of a NumPy array file says. `kind` and `itemBytes` are of one element: `u` and 1 for uint8. */
export type NpyHeader = {
  kind: 'b' | 'i' | 'u' | 'f' | 'U' | 'S';
  itemBytes: number;
  littleEndian: boolean;
  shape: number[];
};

const maxHeaderBytes = 1 << 16;

/**
 * Reads the header of a .npy file, of which `reader` stands at the start. It is matched as text, never evaluated. Throws
 * `dataInvalid`, also for arrays of Python objects: those are pickles, which run code when they are loaded.
 */
export async function readNpyHeader(reader: ByteReader, path: string): Promise<NpyHeader> {
  const start = await reader.read(8);
  if (Buffer.from(start.subarray(0, 6)).toString('latin1') !== '\x93NUMPY' || start.length < 8) {
    throw dataInvalid(path, 'It does not start like a NumPy array (.npy)');
  }
  const lengthBytes = start[6] === 1 ? 2 : 4;
  const length = Buffer.from(await reader.read(lengthBytes));
  const headerBytes = length.length === lengthBytes ? length.readUIntLE(0, lengthBytes) : 0;
  if (headerBytes > maxHeaderBytes) throw dataInvalid(path, `Its header has ${headerBytes} bytes, which is out of range`);
  const text = Buffer.from(await reader.read(headerBytes)).toString('latin1');
  return parseHeader(text, path);
}

function parseHeader(text: string, path: string): NpyHeader {
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  const isFortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const descr = /'descr':\s*('[^']*'|\[)/.exec(text)?.[1];
  if (shape === undefined || isFortran === undefined || descr === undefined) {
    throw dataInvalid(path, 'Its NumPy header is damaged');
  }
  const sizes = shape.split(',').flatMap((size) => (size.trim() === '' ? [] : Number(size)));
  if (!sizes.every(Number.isSafeInteger)) throw dataInvalid(path, 'The shape in its NumPy header is out of range');
  if (isFortran === 'True' && sizes.length > 1) {
    throw dataInvalid(path, 'It is in Fortran order: save it with numpy.ascontiguousarray');
  }
  return { ...parseElement(descr, path), shape: sizes };
}

function parseElement(descr: string, path: string): Omit<NpyHeader, 'shape'> {
  if (descr.includes('O')) {
    throw dataInvalid(
      path,
      'It holds Python objects, which are pickled and never loaded: save plain numbers or fixed-width text',
    );
  }
  const { order, kind, size } = /^'(?<order>[<>|=])(?<kind>[biufUS])(?<size>\d{1,6})'$/.exec(descr)?.groups ?? {};
  if (!kind || !size) throw dataInvalid(path, `Elements of type ${descr} are not supported`);
  const itemBytes = kind === 'U' ? 4 * Number(size) : Number(size);
  return { kind: kind as NpyHeader['kind'], itemBytes, littleEndian: order !== '>' };
}
