import type { Archive } from '../archive/archive.ts';
import type { RawExample } from '../formats/format.ts';

/** Gives an image that came as bytes a place in the archive, so that the packed form can copy it later. */
export async function keepEncoded(archive: Archive, example: RawExample): Promise<RawExample> {
  const { image, source } = example;
  return 'bytes' in image ? { ...example, image: { entry: await archive.add(source.path, image.bytes) } } : example;
}
