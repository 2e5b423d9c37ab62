import { ScionError } from '@scion/schema';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { weightsInvalid } from './weights-invalid.ts';

const mostEntries = 100_000;

/** A zip whose parts lie in it uncompressed, so that each is a range of the file. */
export type StoredZip = {
  names: readonly string[];
  /** Null where there is no such part. Throws `weightsInvalid` for a compressed or encrypted one. */
  rangeOf(name: string): Promise<{ start: number; length: number } | null>;
};

export async function withStoredZip<Result>(path: string, use: (zip: StoredZip) => Promise<Result>): Promise<Result> {
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch(rethrowBroken);
  try {
    const entries = await readEntries(zip).catch(rethrowBroken);
    return await use({
      names: [...entries.keys()],
      async rangeOf(name) {
        const entry = entries.get(name);
        if (!entry) return null;
        if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
          throw weightsInvalid(`has its part ${name} compressed or encrypted, which torch.save never does`);
        }
        const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch(rethrowBroken);
        return { start, length: entry.uncompressedSize };
      },
    });
  } finally {
    zip.close();
  }
}

async function readEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > mostEntries) throw weightsInvalid(`is a zip of more than ${mostEntries} parts`);
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

function rethrowBroken(error: unknown): never {
  if (error instanceof ScionError) throw error;
  throw weightsInvalid(`is a broken zip: ${error instanceof Error ? error.message : String(error)}`, error);
}
