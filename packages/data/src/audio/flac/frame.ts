import { BitReader } from './bit-reader.ts';
import { crc8, crc16 } from './checksums.ts';
import { readSubframe } from './subframe.ts';

/** What the stream's header says of all frames. */
export type StreamFormat = { sampleRate: number; channels: number; bits: number };

/** The samples of one frame, channel by channel, and the byte after it. */
export type Frame = { channels: Int32Array[]; end: number };

const sync = 0b11_1111_1111_1110;
/** Codes of two channels that are stored as one and a difference. */
const stereo = { leftSide: 8, sideRight: 9, midSide: 10 } as const;
/** Bits of a sample by their code; null where the stream's header tells, undefined for codes that mean nothing. */
const bitsByCode = [null, 8, 12, undefined, 16, 20, 24, 32] as const;

type Header = { blockSize: number; channelCode: number };

/** Decodes the frame that starts at byte `start` (RFC 9639, section 9). Throws where it is damaged; both checksums are checked. */
export function readFrame(bytes: Uint8Array, start: number, format: StreamFormat): Frame {
  const reader = new BitReader(bytes, start);
  const { blockSize, channelCode } = readHeader(reader, { bytes, start, format });
  const channels = Array.from({ length: format.channels }, (_, channel) => {
    const bits = format.bits + Number(isDifference(channelCode, channel));
    return readSubframe(reader, { blockSize, bits });
  });
  reader.align();
  const crcAt = reader.position;
  if (reader.read(16) !== crc16(bytes, start, crcAt)) throw new Error('the checksum of a frame differs');
  restoreStereo(channels, channelCode);
  return { channels, end: reader.position };
}

function readHeader(
  reader: BitReader,
  { bytes, start, format }: { bytes: Uint8Array; start: number; format: StreamFormat },
): Header {
  if (reader.read(14) !== sync || reader.read(1) !== 0) throw new Error('a frame does not start where it should');
  reader.read(1); // Whether blocks differ in size: their number is not needed to decode them one after the other.
  const [sizeCode, rateCode, channelCode, bitsCode] = [reader.read(4), reader.read(4), reader.read(4), reader.read(3)];
  reader.read(1);
  skipNumber(reader);
  const blockSize = readBlockSize(reader, sizeCode);
  if (rateCode === 12) reader.read(8);
  if (rateCode === 13 || rateCode === 14) reader.read(16);
  const crcAt = reader.position;
  if (reader.read(8) !== crc8(bytes, start, crcAt)) throw new Error("the checksum of a frame's header differs");
  const bits = bitsByCode[bitsCode];
  const channels = channelCode < 8 ? channelCode + 1 : 2;
  const isKnown = blockSize > 0 && rateCode !== 15 && channelCode <= stereo.midSide && bits !== undefined;
  if (!isKnown) throw new Error('the header of a frame is damaged');
  if (channels !== format.channels || (bits !== null && bits !== format.bits)) {
    throw new Error('its format changes on the way, which is not supported');
  }
  return { blockSize, channelCode };
}

/** Passes over the number of the frame, which is coded as UTF-8 codes characters. */
function skipNumber(reader: BitReader): void {
  const first = reader.read(8);
  if (first < 0x80) return;
  const length = Math.clz32(~(first << 24));
  if (length < 2 || length > 7) throw new Error('the header of a frame is damaged');
  for (let i = 1; i < length; i++) reader.read(8);
}

/** Samples of the frame in each channel; 0 for a code that means nothing. */
function readBlockSize(reader: BitReader, code: number): number {
  if (code === 6) return reader.read(8) + 1;
  if (code === 7) return reader.read(16) + 1;
  if (code >= 8) return 256 << (code - 8);
  return code === 1 ? 192 : code === 0 ? 0 : 576 << (code - 2);
}

/** A difference of two samples has one bit more than each. */
function isDifference(channelCode: number, channel: number): boolean {
  return channelCode === stereo.sideRight ? channel === 0 : channelCode >= stereo.leftSide && channel === 1;
}

function restoreStereo([first, second]: Int32Array[], channelCode: number): void {
  if (!first || !second || channelCode < stereo.leftSide) return;
  for (let i = 0; i < first.length; i++) {
    const [a, b] = [first[i] ?? 0, second[i] ?? 0];
    if (channelCode === stereo.leftSide) second[i] = a - b;
    else if (channelCode === stereo.sideRight) first[i] = a + b;
    else {
      const sum = 2 * a + (b & 1);
      first[i] = (sum + b) >> 1;
      second[i] = (sum - b) >> 1;
    }
  }
}
