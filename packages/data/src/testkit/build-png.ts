import { crc32, deflateSync } from 'node:zlib';

const colourTypes = { grey: 0, colour: 2, palette: 3 } as const;

/** A PNG of values as they are given: `values` has one number a pixel (three for colour), `bits` each. */
export function buildPng(image: {
  height: number;
  width: number;
  kind: keyof typeof colourTypes;
  bits: 1 | 2 | 4 | 8 | 16;
  values: ArrayLike<number>;
  /** Red, green and blue of each index. */
  palette?: readonly number[];
  /** Chunks before the pixels, such as gamma. */
  chunks?: readonly [string, Uint8Array][];
}): Buffer {
  const { height, width, kind, bits, values, palette, chunks = [] } = image;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(bits, 8);
  header.writeUInt8(colourTypes[kind], 9);
  const perRow = width * (kind === 'colour' ? 3 : 1);
  const rows = Array.from({ length: height }, (_, y) =>
    packRow(
      Array.from({ length: perRow }, (__, x) => values[y * perRow + x] ?? 0),
      bits,
    ),
  );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks.map(([type, data]) => chunk(type, data)),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The VOC way: palette indices whose colours say nothing of their values. */
export function buildIndexPng(height: number, width: number, values: ArrayLike<number>): Buffer {
  const palette = Array.from({ length: 3 * 256 }, (_, i) => (i * 89 + 13) % 256);
  return buildPng({ height, width, kind: 'palette', bits: 8, values, palette });
}

function packRow(values: readonly number[], bits: number): Buffer {
  const row = Buffer.alloc(1 + Math.ceil((values.length * bits) / 8));
  for (const [i, value] of values.entries()) {
    if (bits === 16) row.writeUInt16BE(value, 1 + 2 * i);
    else {
      const at = i * bits;
      const byte = 1 + Math.floor(at / 8);
      row.writeUInt8(row.readUInt8(byte) | (value << (8 - bits - (at % 8))), byte);
    }
  }
  return row;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
