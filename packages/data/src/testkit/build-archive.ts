import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { ZipFile } from 'yazl';

/** Contents by path, in the order in which an archive shall hold them. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

/** A tar entry without content: a link, a device, a folder. */
export type SpecialEntry = Pick<Header, 'name' | 'type'> & { linkname?: string };

export async function buildTar(files: Files, special: readonly SpecialEntry[] = []): Promise<Buffer> {
  const tar = pack();
  for (const entry of special) tar.entry(entry);
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>);
}

export async function buildTarGz(files: Files, special: readonly SpecialEntry[] = []): Promise<Buffer> {
  return gzipSync(await buildTar(files, special));
}

/** `modes` gives Unix modes, kind bits included, for some of the paths. */
export async function buildZip(files: Files, modes: Readonly<Record<string, number>> = {}): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) {
    zip.addBuffer(Buffer.from(content), path, { mode: modes[path] ?? 0o100644 });
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** Replaces a text by another of the same length wherever it stands: archives of names that archive writers refuse. */
export function replaceText(archive: Buffer, from: string, to: string): Buffer {
  const patched = Buffer.from(archive.toString('latin1').replaceAll(from, to), 'latin1');
  if (from.length !== to.length || patched.equals(archive)) throw new Error('Nothing of that length to replace');
  return patched;
}
