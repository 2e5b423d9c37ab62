import { openSplits } from './open-splits.ts';
import { filesOfFolder } from './packed-files.ts';
import type { PackedOf, TextSplit } from './packed-split.ts';
import { PieceReader } from './piece-reader.ts';
import { readManifest } from './read-manifest.ts';
import { openSplitFacts } from './split-facts.ts';
import { wrongModality } from './wrong-modality.ts';

/** Opens the packed texts in `dir`. Throws `specInvalid` where it holds no texts, `dataInvalid` where it is damaged. */
export async function openPackedTexts(dir: string, { memoryBytes }: { memoryBytes?: number } = {}): Promise<PackedOf<TextSplit>> {
  const manifest = await readManifest(dir);
  if (manifest.layout !== 'texts') throw wrongModality(manifest.report.modality, 'text');
  const { classNames } = manifest.report;
  return await openSplits(manifest, {
    files: filesOfFolder(dir),
    memoryBytes,
    async open(openFile) {
      const splits: TextSplit[] = [];
      for (const split of manifest.splits) {
        const facts = await openSplitFacts(split, { classNames, openFile });
        const texts = await PieceReader.open(split, openFile);
        const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
        const readOne = async (index: number) => decoder.decode(await texts.read(index));
        splits.push({ ...facts, read: (indices) => Promise.all(Array.from(indices, readOne)) });
      }
      return splits;
    },
  });
}
