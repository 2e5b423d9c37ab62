import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, greyGradient, jpeg, plain } from '../testkit/build-image.ts';
import { decodePixels } from './decoder.ts';
import type { Pixels } from './pixels.ts';
import { decodeSmallJpeg } from './small-jpeg.ts';

/** Something like a photo: smooth, with some noise. */
function photo(height: number, width: number, seed: number): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return 128 + 80 * Math.sin(x / (3 + seed) + (i % 3)) + 30 * Math.cos(y / 5) + ((i * 7919 + seed * 31) % 17);
  });
  return { height, width, channels: 3, data };
}

const asInSharp = async (bytes: Buffer) =>
  assert.deepEqual(decodeSmallJpeg(bytes), await decodePixels(bytes).then(withPlainBytes));
const withPlainBytes = (image: Pixels): Pixels => ({ ...image, data: Uint8Array.from(image.data) });

test('small JPEGs give the pixels that sharp gives, to the bit', async () => {
  for (const [i, [height, width]] of (
    [
      [32, 32],
      [1, 1],
      [7, 250],
      [256, 256],
      [33, 17],
      [96, 96],
    ] as const
  ).entries()) {
    for (const chromaSubsampling of ['4:2:0', '4:4:4']) {
      for (const quality of [30, 75, 95]) {
        await asInSharp(
          await encode(photo(height, width, i))
            .jpeg({ chromaSubsampling, quality })
            .toBuffer(),
        );
      }
    }
  }
  await asInSharp(await jpeg(greyGradient(20, 30)));
  await asInSharp(await jpeg(plain(8, 8, [200, 10, 30])));
});

test('anything out of the ordinary is left to sharp', async () => {
  const image = encode(photo(40, 30, 1));
  const left = {
    large: await jpeg(photo(40, 257, 1)),
    progressive: await image.clone().jpeg({ progressive: true }).toBuffer(),
    turned: await image.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    'with a colour profile': await image.clone().withIccProfile('p3').jpeg().toBuffer(),
    CMYK: await image.clone().toColourspace('cmyk').jpeg().toBuffer(),
    PNG: await image.clone().png().toBuffer(),
    'cut short': (await jpeg(photo(40, 30, 1))).subarray(0, 500),
    nothing: Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(left)) assert.equal(decodeSmallJpeg(bytes), null, what);
  await asInSharp(await jpeg(photo(16, 16, 3)));
});

test('what is damaged is taken by both decoders, or by neither', async () => {
  const sound = await jpeg(photo(32, 32, 2));
  let taken = 0;
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 400; round++) {
    const damaged = Buffer.from(sound);
    for (let flips = 0; flips < 2; flips++) damaged[random(damaged.length)] = random(256);
    const image = decodeSmallJpeg(damaged);
    if (!image) continue;
    taken++;
    const { height, width } = await decodePixels(damaged);
    assert.deepEqual([image.height, image.width], [height, width], `round ${round}`);
  }
  assert.ok(taken > 50, `only ${taken} were taken`);
});
