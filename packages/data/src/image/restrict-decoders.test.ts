import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import { restrictDecoders } from './restrict-decoders.ts';

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>');

test('what may be decoded is set by the main thread, and not again by those that it starts while it decodes', async () => {
  restrictDecoders();
  await assert.rejects(sharp(svg).raw().toBuffer(), /unsupported image format/);
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  const thread = new Worker(new URL('./decoder.js', import.meta.url));
  assert.deepEqual(await once(thread, 'exit'), [0]);
  assert.equal((await sharp(svg).raw().toBuffer()).length, 16, 'the thread has closed what the main thread had opened');
});
