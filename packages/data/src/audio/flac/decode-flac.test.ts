import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flacFiles as files } from '../../testkit/flac-files.ts';
import { decodeFlac } from './decode-flac.ts';

const tone = (length: number, { amplitude, hertz, rate }: { amplitude: number; hertz: number; rate: number }) =>
  Array.from({ length }, (_, i) => amplitude * Math.sin((2 * Math.PI * hertz * i) / rate));

test('16 bits in two channels that differ little', () => {
  const { sampleRate, channels, samples } = decodeFlac(files.stereo16);
  assert.deepEqual([sampleRate, channels, samples.length], [8000, 2, 1200]);
  const low = tone(600, { amplitude: 9000, hertz: 440, rate: 8000 });
  const high = tone(600, { amplitude: 200, hertz: 3000, rate: 8000 });
  const expected = low.flatMap((value, i) => [value, value + (high[i] ?? 0)]);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((samples[i] ?? 0) - value) <= 0.500001, `${i}`);
});

test('24 bits, of which the upper 16 are kept', () => {
  const { sampleRate, channels, samples } = decodeFlac(files.mono24);
  assert.deepEqual([sampleRate, channels], [44_100, 1]);
  const expected = tone(300, { amplitude: 2 ** 20, hertz: 300, rate: 44_100 });
  assert.deepEqual(
    samples,
    Int16Array.from(expected, (value) => Math.floor(Math.round(value) / 256)),
  );
});

test('8 bits become 16', () => {
  const { sampleRate, samples } = decodeFlac(files.mono8);
  assert.deepEqual([sampleRate, samples.length], [16_000, 5000]);
  assert.ok(samples.every((sample, i) => sample === (i < 2500 ? -256 : 0)));
});

function changed(file: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = value;
  return copy;
}

const { stereo16 } = files;
const refusals: [string, Buffer, RegExp][] = [
  ['a file cut short', stereo16.subarray(0, 300), /cut short/],
  ['a file cut in its header', stereo16.subarray(0, 20), /header is cut short/],
  [
    'one bit changed in a frame',
    changed(stereo16, 300, stereo16.readUInt8(300) ^ 4),
    /checksum of a frame differs|damaged|do not fit|cut short/,
  ],
  [
    'one bit changed in the checksum of all',
    changed(stereo16, 30, stereo16.readUInt8(30) ^ 1),
    /checksum of its samples differs/,
  ],
  ['a stream without frames', stereo16.subarray(0, 86), /holds no samples|cut short/],
  ['a header that states 32 bits', changed(changed(stereo16, 20, 0x03), 21, 0xf0), /32 bits are not supported/],
];
for (const [what, file, message] of refusals) {
  test(`${what} is refused, saying so`, () => assert.throws(() => decodeFlac(file), message));
}

test('damage anywhere is met with an error, never with a hang or samples that are not there', () => {
  let refused = 0;
  for (let at = 4; at < stereo16.length; at++) {
    try {
      const { samples } = decodeFlac(changed(stereo16, at, stereo16.readUInt8(at) ^ 0x11));
      assert.ok(samples.length <= 1200);
    } catch (error) {
      assert.ok(error instanceof Error && error.message.length > 0);
      refused++;
    }
  }
  assert.ok(refused > 480, `${refused} of ${stereo16.length - 4}`);
});
