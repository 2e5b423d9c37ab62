/** A .npy file, version 1: `descr` as NumPy writes it (`|u1`, `<i8`, `<U5`), `data` the elements in C order. */
export function buildNpy(descr: string, shape: readonly number[], data: Uint8Array, order: 'True' | 'False' = 'False'): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${sizes}), }`;
  const padding = ' '.repeat(63 - ((10 + dictionary.length) % 64));
  const header = Buffer.from(`\x93NUMPY\x01\x00..${dictionary}${padding}\n`, 'latin1');
  header.writeUInt16LE(header.length - 10, 8);
  return Buffer.concat([header, data]);
}
