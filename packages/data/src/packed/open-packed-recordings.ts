import { openSplits } from './open-splits.ts';
import { filesOfFolder } from './packed-files.ts';
import type { PackedOf, RecordingSplit } from './packed-split.ts';
import { PieceReader } from './piece-reader.ts';
import { readManifest } from './read-manifest.ts';
import { openSplitFacts } from './split-facts.ts';
import { wrongModality } from './wrong-modality.ts';

/** Opens the packed recordings in `dir`. Throws `specInvalid` where it holds no recordings, `dataInvalid` where it is damaged. */
export async function openPackedRecordings(
  dir: string,
  { memoryBytes }: { memoryBytes?: number } = {},
): Promise<PackedOf<RecordingSplit>> {
  const manifest = await readManifest(dir);
  if (manifest.layout !== 'recordings') throw wrongModality(manifest.report.modality, 'audio');
  const { classNames } = manifest.report;
  return await openSplits(manifest, {
    files: filesOfFolder(dir),
    memoryBytes,
    async open(openFile) {
      const splits: RecordingSplit[] = [];
      for (const split of manifest.splits) {
        const facts = await openSplitFacts(split, { classNames, openFile });
        const samples = await PieceReader.open(split, openFile);
        const formats = new Int32Array((await (await openFile(split.formats)).readWhole()).buffer);
        const readOne = async (index: number) => {
          // A copy, since a piece of a file starts at any byte, and samples at even ones.
          const bytes = Uint8Array.from(await samples.read(index));
          return {
            sampleRate: formats[2 * index] ?? 0,
            channels: formats[2 * index + 1] ?? 0,
            samples: new Int16Array(bytes.buffer),
          };
        };
        splits.push({ ...facts, read: (indices) => Promise.all(Array.from(indices, readOne)) });
      }
      return splits;
    },
  });
}
