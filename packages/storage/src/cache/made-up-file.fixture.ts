import type { RemoteFile } from './local-cache.ts';

/** A remote file that is one letter, again and again, and that takes a few turns of the event loop to come. */
export function madeUpFile(letter: string, sizeBytes: number): RemoteFile {
  return {
    id: `store/${letter} version`,
    name: `folder/${letter}`,
    sizeBytes,
    download: async function* () {
      for (let sent = 0; sent < sizeBytes; sent += 5) yield Buffer.from(letter.repeat(Math.min(5, sizeBytes - sent)));
    },
  };
}
