import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, gradient, greyGradient, plain, png } from '../testkit/build-image.ts';
import { decodeImage } from './decode-image.ts';

test('an image of the right shape keeps its pixels', async () => {
  const image = gradient(6, 7);
  assert.deepEqual([...(await decodeImage(await png(image), { height: 6, width: 7, channels: 3 }))], [...image.data]);
});

test('all four encodings are read and stretched to the shape asked for', async () => {
  const image = encode(plain(20, 10, [200, 100, 50]));
  for (const bytes of await Promise.all([
    image.png().toBuffer(),
    image.jpeg().toBuffer(),
    image.webp().toBuffer(),
    image.gif().toBuffer(),
  ])) {
    const pixels = await decodeImage(bytes, { height: 5, width: 8, channels: 3 });
    assert.equal(pixels.length, 5 * 8 * 3);
    for (const [i, value] of pixels.entries()) assert.ok(Math.abs(value - [200, 100, 50][i % 3]!) <= 8, `${i}: ${value}`);
  }
});

test('grey and colour become each other: grey exactly, colour by its luma', async () => {
  const grey = greyGradient(4, 4);
  assert.deepEqual([...(await decodeImage(await png(grey), { height: 4, width: 4, channels: 1 }))], [...grey.data]);
  assert.deepEqual(
    [...(await decodeImage(await png(grey), { height: 4, width: 4, channels: 3 }))],
    [...grey.data].flatMap((value) => [value, value, value]),
  );
  const [luma] = await decodeImage(await png(plain(2, 2, [255, 0, 0])), { height: 2, width: 2, channels: 1 });
  assert.equal(luma, Math.round(0.299 * 255) + 1); // 77 / 256 of 255 rounds to 77; the weight itself is rounded up.
});

test('what is no image, and an image that is damaged, are refused as inputs', async () => {
  const shape = { height: 4, width: 4, channels: 3 } as const;
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>');
  const tiff = await encode(gradient(4, 4)).tiff().toBuffer();
  for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), svg, tiff]) {
    await assert.rejects(decodeImage(bytes, shape), { code: 'inputInvalid', message: /not a JPEG, PNG, WebP or GIF/ });
  }
  const cut = (await png(gradient(40, 40))).subarray(0, 500);
  await assert.rejects(decodeImage(cut, shape), { code: 'inputInvalid', message: /cannot be decoded: / });
});

test('a small file that claims a huge image is refused before it is decoded', async () => {
  const huge = await png(gradient(1, 1));
  huge.writeUInt32BE(60_000, 16);
  huge.writeUInt32BE(60_000, 20);
  await assert.rejects(decodeImage(huge, { height: 4, width: 4, channels: 3 }), { code: 'inputInvalid' });
  const { default: sharp } = await import('sharp');
  const wide = await sharp({ create: { width: 10_000, height: 6_000, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  await assert.rejects(decodeImage(wide, { height: 4, width: 4, channels: 3 }), { code: 'inputInvalid', message: /pixel limit/ });
});
