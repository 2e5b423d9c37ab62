import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, gradient } from '../testkit/build-image.ts';
import { decodePixels } from './decoder.ts';
import { hasSrgbProfile } from './srgb-profile.ts';

const image = gradient(60, 80);
const withProfile = (profile: string) => encode(image).withIccProfile(profile).jpeg({ quality: 95 }).toBuffer();

test('a profile that calls itself sRGB is told from others', async () => {
  assert.equal(hasSrgbProfile(await withProfile('srgb')), true);
  assert.equal(hasSrgbProfile(await withProfile('p3')), false);
  assert.equal(hasSrgbProfile(await encode(image).jpeg().toBuffer()), false);
  assert.equal(hasSrgbProfile(await encode(image).png().toBuffer()), false);
});

test('damaged profiles are none, wherever they are damaged', async () => {
  const bytes = await withProfile('srgb');
  for (let cut = 0; cut < Math.min(bytes.length, 4000); cut += 7)
    assert.equal(typeof hasSrgbProfile(bytes.subarray(0, cut)), 'boolean');
  for (let at = 0; at < Math.min(bytes.length, 1000); at += 3) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, at, at + 4);
    assert.equal(typeof hasSrgbProfile(damaged), 'boolean');
  }
});

test('images with an sRGB profile are decoded as those without, others are converted', async () => {
  const plain = await decodePixels(await encode(image).jpeg({ quality: 95 }).toBuffer());
  assert.deepEqual(await decodePixels(await withProfile('srgb')), plain);
  const converted = await decodePixels(await withProfile('p3'));
  const difference =
    converted.data.reduce((sum, value, i) => sum + Math.abs(value - (image.data[i] ?? 0)), 0) / image.data.length;
  const unconverted = plain.data.reduce((sum, value, i) => sum + Math.abs(value - (image.data[i] ?? 0)), 0) / image.data.length;
  assert.ok(difference < unconverted + 6, `${difference}, without conversion ${unconverted}`);
});
