import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { DigitSet, DigitSplits } from './digit-set.ts';

/** MNIST's own names for the files of its splits. */
const filePrefixes = { train: 'train', test: 't10k' } as const;

/** A tar with the four files of an MNIST-like data set in idx format. The same digits give the same bytes. */
export async function packIdxArchive(splits: DigitSplits): Promise<Uint8Array> {
  const archive = pack();
  for (const split of ['train', 'test'] as const) {
    const { [split]: digits } = splits;
    addFile(archive, `${filePrefixes[split]}-images-idx3-ubyte`, encodeImages(digits));
    addFile(archive, `${filePrefixes[split]}-labels-idx1-ubyte`, encodeIdx([digits.labels.length], digits.labels));
  }
  archive.finalize();
  return await buffer(archive);
}

function addFile(archive: ReturnType<typeof pack>, name: string, content: Uint8Array): void {
  archive.entry({ name, mtime: new Date(0) }, Buffer.from(content));
}

function encodeImages({ size, pixels, labels }: DigitSet): Uint8Array {
  return encodeIdx([labels.length, size, size], pixels);
}

/** idx: two zero bytes, the type (8 is uint8), the number of dimensions, each dimension as 32 bits big-endian, then the values. */
function encodeIdx(dimensions: readonly number[], values: Uint8Array): Uint8Array {
  const headerBytes = 4 + 4 * dimensions.length;
  const file = new Uint8Array(headerBytes + values.length);
  const header = new DataView(file.buffer);
  header.setUint8(2, 8);
  header.setUint8(3, dimensions.length);
  for (const [index, dimension] of dimensions.entries()) header.setUint32(4 + 4 * index, dimension);
  file.set(values, headerBytes);
  return file;
}
