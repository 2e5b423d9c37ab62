import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalCache } from './local-cache.ts';
import { madeUpFile } from './made-up-file.fixture.ts';

/** A process that reads files through a shared cache, and fails at the first wrong byte; or one that holds a view until it is killed. */
const [, , dir = '', seed = ''] = process.argv;
const letters = 'abcdefgh';
const cache = await LocalCache.open({ dir, maxBytes: 30 });

if (seed === 'idle') {
  await cache.view([madeUpFile('a', 10)]);
  process.send?.('holding');
  setInterval(() => undefined, 1000);
} else {
  process.disconnect();
  for (let round = 0; round < 60; round++) {
    const wanted = [0, 3, 5].map((step) => letters.charAt((round * Number(seed) + step) % letters.length));
    const view = await cache.view(wanted.map((letter) => madeUpFile(letter, 10)));
    for (const letter of wanted) {
      const text = await readFile(join(view, 'folder', letter), 'utf8');
      if (text !== letter.repeat(10)) throw new Error(`${letter}: ${text}`);
    }
    await cache.release(view);
  }
}
