/** CRC of `bytes` from `start` to `end`, highest bit first, starting from 0. */
function crc(
  bytes: Uint8Array,
  { start, end, table, bits }: { start: number; end: number; table: Uint16Array; bits: 8 | 16 },
): number {
  let value = 0;
  const mask = 2 ** bits - 1;
  for (let i = start; i < end; i++)
    value = ((value << 8) & mask) ^ (table[((value >> (bits - 8)) ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return value;
}

function crcTable(polynomial: number, bits: 8 | 16): Uint16Array {
  const highest = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let value = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) value = value & highest ? (value << 1) ^ polynomial : value << 1;
    return value & (2 ** bits - 1);
  });
}

const table8 = crcTable(0x07, 8);
const table16 = crcTable(0x8005, 16);

/** The checksum of a frame's header (RFC 9639, section 9.1.8). */
export function crc8(bytes: Uint8Array, start: number, end: number): number {
  return crc(bytes, { start, end, table: table8, bits: 8 });
}

/** The checksum of a frame (RFC 9639, section 9.3). */
export function crc16(bytes: Uint8Array, start: number, end: number): number {
  return crc(bytes, { start, end, table: table16, bits: 16 });
}
