/** Every way in which files of the four encodings store their pixels ends in the same 8-bit red, green and blue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { encode, plain } from '../testkit/build-image.ts';
import { decodeImage } from './decode-image.ts';

type Colour = readonly [number, number, number];
const red: Colour = [200, 30, 60];
const blue: Colour = [20, 60, 220];
const size = { height: 16, width: 24 };

/** The left half in one colour, the right half in another. */
function halves(left: Colour, right: Colour): Sharp {
  const image = plain(size.height, size.width, left);
  for (let i = 0; i < size.height * size.width; i++) {
    if (i % size.width >= size.width / 2) image.data.set(right, i * 3);
  }
  return encode(image);
}

/** Checks the colours a few pixels inside of both halves. */
async function assertHalves(bytes: Uint8Array, { left, right, tolerance }: { left: Colour; right: Colour; tolerance: number }) {
  const data = await decodeImage(bytes, { ...size, channels: 3 });
  for (const [x, expected] of [
    [4, left],
    [20, right],
  ] as const) {
    const at = (8 * size.width + x) * 3;
    const pixel = [...data.subarray(at, at + 3)];
    const isClose = pixel.every((value, i) => Math.abs(value - expected[i]!) <= tolerance);
    assert.ok(isClose, `${pixel} at ${x} is not ${expected}`);
  }
}

const variants: [string, () => Promise<Buffer>, number][] = [
  ['a PNG of 8 bits', () => halves(red, blue).png().toBuffer(), 0],
  ['an interlaced PNG', () => halves(red, blue).png({ progressive: true }).toBuffer(), 0],
  ['a PNG with a palette', () => halves(red, blue).png({ palette: true, colours: 2 }).toBuffer(), 0],
  ['a PNG of 16 bits', () => halves(red, blue).toColourspace('rgb16').png().toBuffer(), 0],
  ['a baseline JPEG', () => halves(red, blue).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), 3],
  ['a JPEG with coarser colour', () => halves(red, blue).jpeg({ quality: 90, chromaSubsampling: '4:2:0' }).toBuffer(), 6],
  ['a progressive JPEG', () => halves(red, blue).jpeg({ quality: 100, progressive: true }).toBuffer(), 6],
  ['a lossless WebP', () => halves(red, blue).webp({ lossless: true }).toBuffer(), 0],
  ['a lossy WebP', () => halves(red, blue).webp({ quality: 95 }).toBuffer(), 8],
  ['a GIF', () => halves(red, blue).gif().toBuffer(), 8],
  ['a PNG with a colour profile of its own', () => halves(red, blue).withIccProfile('p3').png().toBuffer(), 2],
];
for (const [name, build, tolerance] of variants) {
  test(`${name} gives its colours`, async () => {
    await assertHalves(await build(), { left: red, right: blue, tolerance });
  });
}

test('a CMYK JPEG gives its colours, as far as inks can', async () => {
  const [brick, slate] = [
    [190, 60, 50],
    [70, 110, 130],
  ] as const;
  const bytes = await halves(brick, slate).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(bytes).metadata()).space, 'cmyk');
  await assertHalves(bytes, { left: brick, right: slate, tolerance: 25 });
});

test('grey of 8 and of 16 bits is repeated for red, green and blue', async () => {
  const grey = halves([40, 40, 40], [220, 220, 220]);
  for (const bytes of [
    await grey.clone().toColourspace('b-w').png().toBuffer(),
    await grey.clone().toColourspace('grey16').png().toBuffer(),
    await grey.clone().toColourspace('b-w').jpeg({ quality: 100 }).toBuffer(),
  ]) {
    await assertHalves(bytes, { left: [40, 40, 40], right: [220, 220, 220], tolerance: 1 });
  }
});

test('transparency is laid over white: of colour, of grey, of a palette, of 16 bits', async () => {
  const half = { r: 0, g: 0, b: 0, alpha: 0.4 };
  const veil = await sharp({ create: { ...size, channels: 4, background: half } })
    .png()
    .toBuffer();
  const over: Colour = [153, 153, 153];
  for (const bytes of [
    veil,
    await sharp(veil).toColourspace('b-w').png().toBuffer(),
    await sharp(veil).png({ palette: true }).toBuffer(),
    await sharp(veil).toColourspace('rgb16').png().toBuffer(),
    await sharp(veil).webp({ lossless: true }).toBuffer(),
  ]) {
    await assertHalves(bytes, { left: over, right: over, tolerance: 1 });
  }
});

test('of an animation, the first frame counts', async () => {
  const frames = await Promise.all([halves(red, blue), halves(blue, red)].map((frame) => frame.png().toBuffer()));
  const animation = sharp(frames, { join: { animated: true } });
  for (const bytes of [await animation.clone().gif().toBuffer(), await animation.clone().webp({ lossless: true }).toBuffer()]) {
    assert.equal((await sharp(bytes, { animated: true }).metadata()).pages, 2);
    await assertHalves(bytes, { left: red, right: blue, tolerance: 8 });
  }
});

test('each of the eight EXIF orientations is turned upright', async () => {
  /** Where an upright image's top left pixel is stored: [row, column], 1 for the last. From 5 on, rows are columns. */
  const corners = { 1: [0, 0], 2: [0, 1], 3: [1, 1], 4: [1, 0], 5: [0, 0], 6: [1, 0], 7: [1, 1], 8: [0, 1] } as const;
  for (const [orientation, [row, column]] of Object.entries(corners)) {
    const isTurned = Number(orientation) >= 5;
    const [height, width] = isTurned ? [3, 2] : [2, 3];
    const stored = plain(height, width, [255, 255, 255]);
    const pixel = row * (height - 1) * width + column * (width - 1);
    stored.data.fill(0, 3 * pixel, 3 * pixel + 3);
    const bytes = await encode(stored)
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer();
    const data = await decodeImage(bytes, { height: 2, width: 3, channels: 1 });
    assert.deepEqual([...data], [0, 255, 255, 255, 255, 255], `orientation ${orientation}`);
  }
});

/** A PNG of one colour as its header claims it, with as many bytes of pixels as are given. */
function pngClaiming(width: number, height: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

test('100,000 x 100,000 declared pixels are refused without being made room for', async () => {
  const before = process.memoryUsage().rss;
  const claim = pngClaiming(100_000, 100_000, Buffer.alloc(10));
  await assert.rejects(decodeImage(claim, { ...size, channels: 3 }), { code: 'inputInvalid', message: /pixel limit/ });
  assert.ok(process.memoryUsage().rss - before < 100 << 20);
});

test('a small PNG that unpacks to more pixels than are allowed is refused', async () => {
  const bomb = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  assert.ok(bomb.length < 1 << 20);
  await assert.rejects(decodeImage(bomb, { ...size, channels: 3 }), { code: 'inputInvalid', message: /pixel limit/ });
});

test('every other encoding is refused, whatever it might refer to', async () => {
  const documents = [
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    '%PDF-1.7\n',
    '%!PS-Adobe-3.0 EPSF-3.0\n',
    'push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 "https://example.org/x.png"\npop graphic-context\n',
    'BM\x36\0\0\0',
    'II*\0',
  ];
  for (const text of documents) {
    await assert.rejects(decodeImage(Buffer.from(text, 'latin1'), { ...size, channels: 3 }), {
      code: 'inputInvalid',
      message: /not a JPEG, PNG, WebP or GIF/,
    });
  }
});

test('every cut of an image is refused or, past its last pixel, read', async () => {
  const shape = { ...size, channels: 3 } as const;
  for (const whole of await Promise.all([halves(red, blue).png().toBuffer(), halves(red, blue).jpeg().toBuffer()])) {
    const expected = await decodeImage(whole, shape);
    for (let length = 0; length < whole.length; length += 7) {
      const cut = await decodeImage(whole.subarray(0, length), shape).catch((error: { code?: string }) => error.code);
      if (cut !== 'inputInvalid') assert.deepEqual(cut, expected, `cut to ${length} of ${whole.length} bytes`);
    }
  }
});
