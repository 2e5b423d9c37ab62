import { assertPlausible, maxSamples, type Recording, toInt16 } from './recording.ts';

/** Format tags of the `fmt ` chunk that are decoded; `extensible` refers to one of the others. */
const tags = { pcm: 1, float: 3, aLaw: 6, muLaw: 7, extensible: 0xfffe } as const;
const fmtBytes = 16;
const extensibleBytes = 40;
/** Offset of the actual tag in an extensible `fmt ` chunk. */
const subFormatAt = 24;

type Chunk = { id: string; data: DataView };
type WavFormat = { tag: number; bits: number; channels: number; sampleRate: number };

/**
 * Decodes a WAVE file: PCM of 8, 16, 24 or 32 bits, floating point of 32 or 64, A-law and μ-law. Throws an Error that says what is
 * wrong with the file, also where it is cut short.
 */
export function decodeWav(bytes: Uint8Array): Recording {
  let format: WavFormat | null = null;
  for (const { id, data } of chunksOf(bytes)) {
    if (id === 'fmt ') format = readFormat(data);
    if (id !== 'data') continue;
    if (!format) throw new Error('its data come before their format');
    return { sampleRate: format.sampleRate, channels: format.channels, samples: decodeSamples(data, format) };
  }
  throw new Error('it holds no data');
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (textAt(bytes, 0) !== 'RIFF' || textAt(bytes, 8) !== 'WAVE') throw new Error('it does not start like a WAVE file');
  for (let at = 12; at + 8 <= bytes.length; ) {
    const id = textAt(bytes, at);
    const stated = view.getUint32(at + 4, true);
    const there = bytes.length - at - 8;
    // Recorders that stream write the size at the end, or never.
    const isOpenEnded = id === 'data' && (stated === 0xffffffff || stated === 0);
    if (!isOpenEnded && stated > there)
      throw new Error(`its ${id.trim()} part is cut short: ${there} of ${stated} bytes are there`);
    const sizeBytes = isOpenEnded ? there : stated;
    yield { id, data: new DataView(bytes.buffer, bytes.byteOffset + at + 8, sizeBytes) };
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
}

function textAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', at, at + 4);
}

function readFormat(data: DataView): WavFormat {
  if (data.byteLength < fmtBytes) throw new Error('its format part is cut short');
  const tag = data.getUint16(0, true);
  const isExtensible = tag === tags.extensible && data.byteLength >= extensibleBytes;
  const format = {
    tag: isExtensible ? data.getUint16(subFormatAt, true) : tag,
    channels: data.getUint16(2, true),
    sampleRate: data.getUint32(4, true),
    bits: data.getUint16(14, true),
  };
  assertPlausible(format);
  return format;
}

function decodeSamples(data: DataView, format: WavFormat): Int16Array<ArrayBuffer> {
  const { sampleBytes, sampleAt } = decoderOf(format);
  const frames = Math.floor(data.byteLength / (sampleBytes * format.channels));
  if (frames === 0) throw new Error('it holds no samples');
  const count = frames * format.channels;
  if (count > maxSamples) throw new Error(`it holds more than ${maxSamples} samples`);
  const samples = new Int16Array(count);
  for (let i = 0; i < count; i++) samples[i] = sampleAt(data, i * sampleBytes);
  return samples;
}

/** Bytes of one sample, and how it is read as 16 bits. More bits than that are cut off, as they would be in a 16-bit file. */
function decoderOf({ tag, bits }: WavFormat): { sampleBytes: number; sampleAt: (data: DataView, at: number) => number } {
  const sampleBytes = bits / 8;
  switch (`${tag}/${bits}`) {
    case `${tags.pcm}/8`:
      return { sampleBytes, sampleAt: (data, at) => (data.getUint8(at) - 128) << 8 };
    case `${tags.pcm}/16`:
      return { sampleBytes, sampleAt: (data, at) => data.getInt16(at, true) };
    case `${tags.pcm}/24`:
      return { sampleBytes, sampleAt: (data, at) => data.getInt16(at + 1, true) };
    case `${tags.pcm}/32`:
      return { sampleBytes, sampleAt: (data, at) => data.getInt16(at + 2, true) };
    case `${tags.float}/32`:
      return { sampleBytes, sampleAt: (data, at) => finite(data.getFloat32(at, true)) };
    case `${tags.float}/64`:
      return { sampleBytes, sampleAt: (data, at) => finite(data.getFloat64(at, true)) };
    case `${tags.aLaw}/8`:
      return { sampleBytes, sampleAt: (data, at) => expandALaw(data.getUint8(at)) };
    case `${tags.muLaw}/8`:
      return { sampleBytes, sampleAt: (data, at) => expandMuLaw(data.getUint8(at)) };
    default:
      throw new Error(`its encoding (format ${tag}, ${bits} bits) is not supported: save it as PCM`);
  }
}

function finite(sample: number): number {
  if (!Number.isFinite(sample)) throw new Error('it holds samples that are no numbers');
  return toInt16(sample);
}

/** ITU-T G.711: sign, three bits of exponent and four of mantissa, every other bit inverted. */
function expandALaw(byte: number): number {
  const code = byte ^ 0x55;
  const exponent = (code >> 4) & 7;
  const mantissa = ((code & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return code & 0x80 ? magnitude : -magnitude;
}

/** ITU-T G.711: the same of a logarithm with bias 132, all bits inverted. */
function expandMuLaw(byte: number): number {
  const code = ~byte;
  const magnitude = ((((code & 15) << 3) + 132) << ((code >> 4) & 7)) - 132;
  return code & 0x80 ? -magnitude : magnitude;
}
