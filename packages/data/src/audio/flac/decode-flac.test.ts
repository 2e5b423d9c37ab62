import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFlac } from './decode-flac.ts';

const decode = (...base64: string[]) => Buffer.from(base64.join(''), 'base64');

/** Files that libFLAC 1.4.3 wrote, through libsndfile. */
const files = {
  // 600 frames at 8 kHz: 9000 sin(2π 440 t), and the same with 200 sin(2π 3000 t).
  stereo16: decode(
    'ZkxhQwAAACIQABAAAAHuAAHuAfQC8AAAAlg3lteIBF1klnsIEZbMl1t6hAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+HSY',
    'AAJXS0IAAH/c7VSxgAABJySSSTkkk5J9t8kkhJJJISST7b5JySSckkkk5J+d7n3PySSEkk+29t8kkhJJPzvne5+Sckkkk5JJOSfbfJJISSSSEkk+2+SckknJ',
    'JJJOSfne59z8kkhJJPtvbfJJISST8753ufknJJJJOSSTkn23ySSEkkkhJJPtvknJJJySSSTkn53ufc/JJISST7b23ySSEkk/O+d7npwAABjsK0I9oEUSRFg/',
    'Li1laSCx+Ab6iA5iAhoOLgCRCMQwiJZHdV/xEYxDE2tdepaiNhGEbRHV+/WYzYQxtt17qqxEZjGQjbuvdXiIhCGIxLV6uW1NjGIRmi3urrIiGIxBEt8Ly+am',
    'IZjMTR/Cu8kYjGIQmt/d6vjGIxiG1tVXXqiEYhhESyO6r/iIxiGJta69S1EbCMI2iOr9+sxmwhjbbr3VViIzGMhG3de6vERCEMRiWr1ctqbGMQjNFvdXWREM',
    'RiCJb4Xl81MQzGYmj+Fd5IxGMQhNb+71fGMRjENraquvVEIxDCIlkd1X/ERjEMTa116lqI2EYRtEdX79ZjNhDG23XuqrERmMZCNu691eIiEIYjEtXq5bU2MY',
    'hGaLe6usiIYjEES3wvL5qYhmMxNH8K7yRiMYhCa393q+MYjGIbVfsQ==',
  ),
  // 300 samples at 44.1 kHz: 2²⁰ sin(2π 300 t).
  mono24: decode(
    'ZkxhQwAAACIQABAAAACqAACqCsRBcAAAASyvuJ5pEylmAKRrqtrxCstIhAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+HkM',
    'AAEr/RgAAAAArwUBXbkCC8kAkmiVkqGUSISCUhoRiIxmw0EZmIQmEwiIQ2ZBlGjMkEU2iJNEnI6Tyz+UrHnVYKwvWlf89PXd1VTwWqVe6vCvjx/DsX7rvLOk',
    '6TRKyVDKJEJBKQ0IxEYzYaCMzEITCYREIbMgyjRmSCKbREmiTkdJ5Z/KVjzqsFYXrSv+enru6qp4LVKvdXhXx4/h2L913lnSdIAmQw==',
  ),
  // 2,500 samples of -1 at 16 kHz, and as many of 0.
  mono8: decode(
    'ZkxhQwAAACIQABAAAAAMAAIMA+gAcAAAE4gnQq/+E+80Xx6ghxBWB+EEhAAAKCAAAAByZWZlcmVuY2UgbGliRkxBQyAxLjQuMyAyMDIzMDYyMwAAAAD/+MUC',
    'AO0S/wA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '///////////////////////////////////////////////////////////////5////////////////////////////////////////////////////////',
    '////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////',
    '/////////////////////////////////////////////////////////////////////////////////////////+DT7v/4dQIBA4ejAABSxA==',
  ),
};

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
