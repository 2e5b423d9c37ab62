import type { Archive, ArchiveEntry } from '../../archive/archive.ts';
import { ByteReader } from '../../byte-reader.ts';
import { dataInvalid } from '../data-invalid.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';

const maxLabelBytes = 2 ** 30;

/** Label names, one for each example, of a .npy file of shape [n] or [n, 1]: whole numbers or text. Throws `dataInvalid`. */
export async function readNpyLabels(archive: Archive, entry: ArchiveEntry): Promise<string[]> {
  const { path } = entry;
  const reader = new ByteReader(archive.stream(entry));
  try {
    const header = await readNpyHeader(reader, path);
    const [count = 0, columns = 1] = header.shape;
    if (header.shape.length === 0 || header.shape.length > 2 || columns !== 1) {
      throw dataInvalid(path, `Labels have the shape [n] or [n, 1], one class each, not [${header.shape.join(', ')}]`);
    }
    const wanted = count * header.itemBytes;
    if (wanted > maxLabelBytes) throw dataInvalid(path, 'There are too many labels in it');
    const bytes = Buffer.from(await reader.read(wanted));
    if (bytes.length < wanted) throw dataInvalid(path, `Its header promises ${count} labels, but it is cut short`);
    const nameAt = elementReader(bytes, header, path);
    return Array.from({ length: count }, (_, i) => nameAt(i * header.itemBytes));
  } finally {
    await reader.close();
  }
}

function elementReader(bytes: Buffer, header: NpyHeader, path: string): (offset: number) => string {
  const { kind, itemBytes, littleEndian } = header;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === 'S') return (at) => withoutPadding(bytes.toString('utf8', at, at + itemBytes));
  if (kind === 'U') {
    const codes = (at: number) => Array.from({ length: itemBytes / 4 }, (_, i) => view.getUint32(at + 4 * i, littleEndian));
    return (at) => withoutPadding(textOf(codes(at), path));
  }
  if (kind === 'f') return (at) => wholeNumber(readFloat(view, at, header), path);
  if (![1, 2, 4, 8].includes(itemBytes)) throw dataInvalid(path, `Whole numbers of ${itemBytes} bytes are not supported`);
  const isSigned = kind === 'i';
  if (itemBytes === 8) {
    return (at) => String(isSigned ? view.getBigInt64(at, littleEndian) : view.getBigUint64(at, littleEndian));
  }
  if (littleEndian) return (at) => String(isSigned ? bytes.readIntLE(at, itemBytes) : bytes.readUIntLE(at, itemBytes));
  return (at) => String(isSigned ? bytes.readIntBE(at, itemBytes) : bytes.readUIntBE(at, itemBytes));
}

function readFloat(view: DataView, at: number, { itemBytes, littleEndian }: NpyHeader): number {
  if (itemBytes === 4) return view.getFloat32(at, littleEndian);
  return itemBytes === 8 ? view.getFloat64(at, littleEndian) : Number.NaN;
}

function wholeNumber(value: number, path: string): string {
  if (!Number.isSafeInteger(value)) throw dataInvalid(path, 'Labels are whole numbers or text, not fractions');
  return String(value);
}

function textOf(codes: number[], path: string): string {
  if (codes.some((code) => code > 0x10_ff_ff)) throw dataInvalid(path, 'Its text is damaged');
  return String.fromCodePoint(...codes);
}

function withoutPadding(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
