import { crc32 } from 'node:zlib';

const signatureBytes = 8;
const colourTypes = { grey: 0, colour: 2, palette: 3, greyAlpha: 4, colourAlpha: 6 } as const;

type Chunk = { type: string; data: Buffer; whole: Buffer };

/**
 * The same PNG, but so that decoders give the values it holds: a palette is replaced by one that gives each index as a grey of that
 * value, greys of fewer than 8 bits are taken for such indices, and what would change values (gamma, colour profiles, transparent
 * colours) is dropped. Throws an Error for what is no such PNG.
 */
export function pngValues(bytes: Uint8Array): Buffer {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!png.subarray(0, signatureBytes).toString('latin1').startsWith('\x89PNG')) throw new Error('it is no PNG');
  const chunks = [...chunksOf(png)];
  const header = chunks[0];
  if (header?.type !== 'IHDR' || header.data.length !== 13) throw new Error('its header is damaged');
  const [bits, colourType] = [header.data.readUInt8(8), header.data.readUInt8(9)];
  if (bits === 16) throw new Error('it has 16 bits for each pixel: save it with 8');
  const isIndexed = colourType === colourTypes.palette || (colourType === colourTypes.grey && bits < 8);
  const start = isIndexed ? [withColourType(header.data, colourTypes.palette), identityPalette(bits)] : [header.whole];
  const rest = chunks.filter(({ type }) => type === 'IDAT' || type === 'IEND').map(({ whole }) => whole);
  return Buffer.concat([png.subarray(0, signatureBytes), ...start, ...rest]);
}

function* chunksOf(png: Buffer): Generator<Chunk> {
  for (let at = signatureBytes; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    if (end > png.length) throw new Error('it is cut short');
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, end - 4), whole: png.subarray(at, end) };
    at = end;
  }
}

function withColourType(header: Buffer, colourType: number): Buffer {
  const changed = Buffer.from(header);
  changed.writeUInt8(colourType, 9);
  return chunk('IHDR', changed);
}

function identityPalette(bits: number): Buffer {
  return chunk('PLTE', Buffer.from(Array.from({ length: 3 * 2 ** bits }, (_, i) => Math.floor(i / 3))));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
