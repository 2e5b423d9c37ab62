import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildWav, bytesOf, type WavFormat } from '../testkit/build-wav.ts';
import { decodeWav } from './wav.ts';

function bytes(write: (buffer: Buffer) => void, sizeBytes: number): Buffer {
  const buffer = Buffer.alloc(sizeBytes);
  write(buffer);
  return buffer;
}

test('16-bit PCM is kept to the bit, channels interleaved, and the rate is told', () => {
  const samples = Int16Array.of(0, 1, -1, 32767, -32768, 12345);
  const recording = decodeWav(buildWav(bytesOf(samples), { channels: 2, sampleRate: 44_100 }));
  assert.deepEqual([recording.channels, recording.sampleRate], [2, 44_100]);
  assert.deepEqual(recording.samples, samples);
});

const encodings: [string, WavFormat, Buffer, number[]][] = [
  ['8 bits, unsigned', { bits: 8 }, Buffer.from([0, 128, 255]), [-32768, 0, 127 * 256]],
  ['24 bits', { bits: 24 }, Buffer.from([0xff, 0x34, 0x12, 0, 0, 0x80]), [0x1234, -32768]],
  ['32 bits', { bits: 32 }, Buffer.from([1, 2, 0x34, 0x12]), [0x1234]],
  [
    'floating point, cut at full scale',
    { tag: 3, bits: 32 },
    bytes((buffer) => [0.5, -1, 1.5].map((value, i) => buffer.writeFloatLE(value, 4 * i)), 12),
    [16384, -32768, 32767],
  ],
  ['double precision', { tag: 3, bits: 64 }, bytes((buffer) => buffer.writeDoubleLE(-0.25, 0), 8), [-8192]],
  // Values of the tables in ITU-T G.711, scaled to 16 bits.
  ['μ-law', { tag: 7, bits: 8 }, Buffer.from([0xff, 0x7f, 0x80, 0x00, 0xf0]), [0, 0, 32124, -32124, 120]],
  ['A-law', { tag: 6, bits: 8 }, Buffer.from([0xd5, 0x55, 0xaa, 0x2a, 0xc5]), [8, -8, 32256, -32256, 264]],
];
for (const [what, format, data, expected] of encodings) {
  test(`${what} becomes 16 bits`, () => assert.deepEqual([...decodeWav(buildWav(data, format)).samples], expected));
}

test('chunks beside format and data are passed over, and an extensible format is followed', () => {
  const data = bytesOf(Int16Array.of(5, 6));
  assert.deepEqual([...decodeWav(buildWav(data, {}, [['LIST', Buffer.from('odd')]])).samples], [5, 6]);
  const extensible = bytes((fmt) => {
    fmt.writeUInt16LE(0xfffe, 0);
    fmt.writeUInt16LE(1, 2);
    fmt.writeUInt32LE(16_000, 4);
    fmt.writeUInt16LE(16, 14);
    fmt.writeUInt16LE(1, 24);
  }, 40);
  const recording = decodeWav(buildWav(data, {}, [['fmt ', extensible]]));
  assert.deepEqual([recording.sampleRate, ...recording.samples], [16_000, 5, 6]);
});

test('a recorder that could not write the size of its data is understood', () => {
  const wav = buildWav(bytesOf(Int16Array.of(7, 8)));
  wav.writeUInt32LE(0xffffffff, wav.length - 8);
  assert.deepEqual([...decodeWav(wav).samples], [7, 8]);
});

const sound = buildWav(bytesOf(Int16Array.of(1, 2, 3, 4)));
const refusals: [string, Buffer, RegExp][] = [
  ['a file cut short', sound.subarray(0, -3), /its data part is cut short: 5 of 8 bytes/],
  ['a file without data', sound.subarray(0, 36), /holds no data/],
  ['a file without samples', buildWav(Buffer.alloc(1)), /holds no samples/],
  ['another container', Buffer.from('RIFF....AVI LIST'), /does not start like a WAVE file/],
  ['another encoding', buildWav(Buffer.alloc(8), { tag: 0x55, bits: 0 }), /format 85, 0 bits/],
  ['no channels', buildWav(Buffer.alloc(8), { channels: 0 }), /0 channels/],
  ['a senseless rate', buildWav(Buffer.alloc(8), { sampleRate: 1_000_000 }), /1000000 Hz/],
  ['samples that are no numbers', buildWav(Buffer.from([0, 0, 0xc0, 0x7f]), { tag: 3, bits: 32 }), /no numbers/],
];
for (const [what, file, message] of refusals) {
  test(`${what} is refused, saying so`, () => assert.throws(() => decodeWav(file), message));
}
