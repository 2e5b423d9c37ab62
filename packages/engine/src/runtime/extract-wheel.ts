import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';

/** Inside the wheels: TensorFlow's two libraries, the C headers that the addon needs, and the CUDA libraries. */
const wanted = [
  /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/,
  /^tensorflow\/include\/tensorflow\/c\/.*\.h$/,
  /^tensorflow\/include\/(tensorflow\/core|tsl)\/platform\/ctstring(_internal)?\.h$/,
  /^tensorflow\/include\/xla\/tsl\/c\/.*\.h$/,
  /^nvidia\/[^/]+\/(lib|bin|nvvm)\/[\w./-]+$/,
];

/** Copies what the runtime needs out of a wheel (a zip file) into `site`, as a Python installation would lay it out. */
export async function extractWheel(wheelPath: string, site: string, { say }: { say: (line: string) => void }): Promise<void> {
  say(`unpacking ${basename(wheelPath)}`);
  const archive = await openPromise(wheelPath);
  try {
    for await (const entry of archive.eachEntry() as AsyncIterable<Entry>) {
      const name = entry.fileName;
      if (name.endsWith('/') || name.split('/').includes('..') || !wanted.some((pattern) => pattern.test(name))) continue;
      const destination = join(site, name);
      await mkdir(dirname(destination), { recursive: true });
      const executable = name.includes('/bin/');
      await pipeline(
        await archive.openReadStreamPromise(entry),
        createWriteStream(destination, { mode: executable ? 0o755 : 0o644 }),
      );
    }
  } finally {
    archive.close();
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
