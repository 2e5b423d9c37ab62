import { createHash, type Hash } from 'node:crypto';
import { assertPlausible, maxSamples, type Recording } from '../recording.ts';
import { readFrame, type StreamFormat } from './frame.ts';

const streamInfoBytes = 34;
const maxBits = 24;

/** `frames` is 0 and `md5` null where the encoder did not know them. */
type StreamInfo = StreamFormat & { frames: number; md5: string | null };

/**
 * Decodes a FLAC file (RFC 9639) of up to 24 bits. Checksums of frames and of the whole are checked. Throws an Error that says what is
 * wrong with the file, also where it is cut short.
 *
 * Own code, since the decoders there are on npm either run install scripts or do not bound what a small file unpacks to.
 */
export function decodeFlac(bytes: Uint8Array): Recording {
  const { info, start } = readMetadata(bytes);
  const blocks: Int16Array[] = [];
  const hash = createHash('md5');
  let length = 0;
  let frames = 0;
  for (let at = start; at < bytes.length && (info.frames === 0 || frames < info.frames); ) {
    const { channels, end } = readFrame(bytes, at, info);
    at = end;
    const blockSize = channels[0]?.length ?? 0;
    frames += blockSize;
    length += blockSize * info.channels;
    if (length > maxSamples) throw new Error(`it holds more than ${maxSamples} samples`);
    if (info.md5 !== null) addToHash(hash, channels, info.bits);
    blocks.push(interleave(channels, info.bits));
  }
  if (frames === 0) throw new Error('it holds no samples');
  if (info.frames > frames) throw new Error(`it is cut short: ${frames} of ${info.frames} samples are there`);
  if (info.md5 !== null && hash.digest('hex') !== info.md5) throw new Error('the checksum of its samples differs');
  const samples = new Int16Array(length);
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return { sampleRate: info.sampleRate, channels: info.channels, samples };
}

/** Reads the blocks before the first frame, of which only the first counts. */
function readMetadata(bytes: Uint8Array): { info: StreamInfo; start: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let info: StreamInfo | null = null;
  for (let at = 4; at + 4 <= view.length; ) {
    const type = view.readUInt8(at);
    const sizeBytes = view.readUIntBE(at + 1, 3);
    const content = view.subarray(at + 4, at + 4 + sizeBytes);
    if (content.length < sizeBytes) throw new Error('its header is cut short');
    if ((type & 0x7f) === 0) info = readStreamInfo(content);
    at += 4 + sizeBytes;
    if ((type & 0x80) === 0) continue;
    if (info) return { info, start: at };
    break;
  }
  throw new Error('its header is damaged');
}

function readStreamInfo(content: Buffer): StreamInfo {
  if (content.length < streamInfoBytes) throw new Error('its header is cut short');
  const packed = content.readBigUInt64BE(10);
  const field = (shift: bigint, bits: bigint) => Number((packed >> shift) & ((1n << bits) - 1n));
  const md5 = content.toString('hex', 18, streamInfoBytes);
  const info = {
    sampleRate: field(44n, 20n),
    channels: field(41n, 3n) + 1,
    bits: field(36n, 5n) + 1,
    frames: field(0n, 36n),
    md5: /^0*$/.test(md5) ? null : md5,
  };
  assertPlausible(info);
  if (info.bits < 4 || info.bits > maxBits) throw new Error(`samples of ${info.bits} bits are not supported`);
  if (info.frames * info.channels > maxSamples) throw new Error(`it holds more than ${maxSamples} samples`);
  return info;
}

/** The samples of a frame as 16 bits, [sample, channel]. */
function interleave(channels: readonly Int32Array[], bits: number): Int16Array {
  const block = new Int16Array(channels.length * (channels[0]?.length ?? 0));
  for (const [channel, samples] of channels.entries()) {
    for (let i = 0; i < samples.length; i++) {
      const sample = samples[i] ?? 0;
      block[i * channels.length + channel] = bits > 16 ? sample >> (bits - 16) : sample << (16 - bits);
    }
  }
  return block;
}

/** The checksum is of the samples as a wav file would hold them, in as many whole bytes as they need. */
function addToHash(hash: Hash, channels: readonly Int32Array[], bits: number): void {
  const sampleBytes = Math.ceil(bits / 8);
  const length = channels[0]?.length ?? 0;
  const bytes = Buffer.alloc(length * channels.length * sampleBytes);
  let at = 0;
  for (let i = 0; i < length; i++) {
    for (const samples of channels) {
      for (let byte = 0; byte < sampleBytes; byte++) bytes[at++] = ((samples[i] ?? 0) >> (8 * byte)) & 0xff;
    }
  }
  hash.update(bytes);
}
