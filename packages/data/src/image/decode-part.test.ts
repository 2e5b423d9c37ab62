import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, gradient, jpeg, png } from '../testkit/build-image.ts';
import { decodePart, decodePixels, resizePixels } from './decoder.ts';
import type { Pixels } from './pixels.ts';

/** A picture without sharp edges, on which a shift of a pixel changes little; `scale` is how slowly it changes. */
function smooth(height: number, width: number, scale = 25): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [x, y, channel] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    return 128 + 100 * Math.sin(x / scale + channel) * Math.cos(y / (scale + 6));
  });
  return { height, width, channels: 3, data };
}

function meanDifference(a: Pixels, b: Pixels): number {
  assert.deepEqual([a.height, a.width, a.channels], [b.height, b.width, b.channels]);
  return a.data.reduce((sum, value, i) => sum + Math.abs(value - (b.data[i] ?? 0)), 0) / a.data.length;
}

test('a part in its own size is cut out exactly', async () => {
  const image = gradient(30, 40);
  const box = { top: 7, left: 11, height: 12, width: 9 };
  const part = await decodePart(await png(image), { whole: image, box, size: box });
  const expected = Array.from({ length: box.height }, (_, y) => {
    const start = ((box.top + y) * image.width + box.left) * 3;
    return [...image.data.subarray(start, start + box.width * 3)];
  });
  assert.deepEqual([...part.data], expected.flat());
});

test('a part is what decoding all, and then cutting, gives', async () => {
  const image = smooth(200, 260);
  const bytes = await jpeg(image);
  const whole = await decodePixels(bytes);
  const size = { height: 48, width: 64 };
  for (const box of [
    { top: 0, left: 0, height: 200, width: 260 },
    { top: 31, left: 17, height: 60, width: 80 },
    { top: 90, left: 100, height: 110, width: 160 },
    { top: 150, left: 220, height: 20, width: 30 },
  ]) {
    const part = await decodePart(bytes, { whole: image, box, size });
    const difference = meanDifference(part, await resizePixels(whole, size, box));
    assert.ok(difference < 1.5, `${JSON.stringify(box)}: ${difference}`);
  }
});

test('a small version of a large part is decoded, at the right place', async () => {
  const image = smooth(801, 1203, 100);
  const bytes = await jpeg(image);
  const whole = await decodePixels(bytes);
  const size = { height: 50, width: 60 };
  for (const box of [
    { top: 0, left: 0, height: 801, width: 1203 },
    { top: 399, left: 601, height: 402, width: 602 },
    { top: 200, left: 37, height: 130, width: 640 },
  ]) {
    const part = await decodePart(bytes, { whole: image, box, size });
    const difference = meanDifference(part, await resizePixels(whole, size, box));
    assert.ok(difference < 5, `${JSON.stringify(box)}: ${difference}`);
  }
});

test('a part of an image that a camera turned lies where it lies once turned upright', async () => {
  const bytes = await encode(smooth(120, 300)).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const whole = await decodePixels(bytes);
  assert.deepEqual([whole.height, whole.width], [300, 120]);
  const size = { height: 40, width: 30 };
  for (const box of [
    { top: 150, left: 20, height: 60, width: 45 },
    { top: 100, left: 0, height: 200, width: 120 },
  ]) {
    const part = await decodePart(bytes, { whole, box, size });
    const difference = meanDifference(part, await resizePixels(whole, size, box));
    assert.ok(difference < 5, `${JSON.stringify(box)}: ${difference}`);
  }
});
