import { fileURLToPath } from 'node:url';

/** A packing process for tests that dies as soon as it is given work. */
export const crashingPack = fileURLToPath(import.meta.url);

if (process.argv[1] === crashingPack) {
  process.on('message', () => process.abort());
  process.send?.({ type: 'ready' });
}
