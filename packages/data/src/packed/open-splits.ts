import { ScionError } from '@scion/schema';
import { CheckedFile } from './checked-file.ts';
import type { PackedFiles } from './packed-files.ts';
import type { PackedFile, PackedManifest } from './packed-manifest.ts';
import type { PackedOf, SplitFacts } from './packed-split.ts';

/** Opens a file of the packed form, which is closed together with all others. */
export type OpenFile = (expected: PackedFile) => Promise<CheckedFile>;

type OpenSplits<Split> = {
  files: PackedFiles;
  memoryBytes?: number | undefined;
  open: (openFile: OpenFile) => Promise<Split[]>;
};

/**
 * Opens the splits of a packed form, as `open` does it with their files. Where that fails, no file stays open. Files up to
 * `memoryBytes` are held in memory from their first read on.
 */
export async function openSplits<Split extends SplitFacts>(
  { report }: PackedManifest,
  { files: packed, memoryBytes, open }: OpenSplits<Split>,
): Promise<PackedOf<Split>> {
  const files: CheckedFile[] = [];
  const close = async () => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const opened = await open(async (expected) => {
      await packed.fetch(expected.name);
      const file = await CheckedFile.open(packed.path, expected, memoryBytes);
      files.push(file);
      return file;
    });
    const splits = new Map(opened.map((split) => [split.name, split]));
    return { report, splits: [...splits.keys()], split: (name) => splits.get(name) ?? refuse(name, [...splits.keys()]), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function refuse(name: string, names: readonly string[]): never {
  const known = names.map((split) => JSON.stringify(split)).join(', ');
  throw new ScionError('specInvalid', `The data set has no split ${JSON.stringify(name)}. It has ${known}`);
}
