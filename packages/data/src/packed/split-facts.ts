import type { ExampleSource } from '../formats/format.ts';
import type { OpenFile } from './open-splits.ts';
import type { PackedSplitFacts } from './packed-manifest.ts';
import type { SplitFacts } from './packed-split.ts';

/** Reads what a split tells of its examples besides their content. */
export async function openSplitFacts(
  split: PackedSplitFacts,
  { classNames, openFile }: { classNames: readonly string[]; openFile: OpenFile },
): Promise<SplitFacts> {
  const { name, length, labelSets, targets } = split;
  const readWhole = async (file: PackedSplitFacts['labels']) => (await (await openFile(file)).readWhole()).buffer;
  const sources = await openFile(split.sources);
  return {
    name,
    length,
    classNames,
    labels: new Int32Array(await readWhole(split.labels)),
    labelSets: labelSets
      ? readSets(new Int32Array(await readWhole(labelSets.values)), new Float64Array(await readWhole(labelSets.offsets)))
      : null,
    targets: targets ? new Float64Array(await readWhole(targets)) : null,
    async readSources() {
      // Its hash is that of what packDataset wrote, so its shape is, too.
      const text = new TextDecoder().decode(await sources.readWhole());
      return text.split('\n', length).map((line) => JSON.parse(line) as ExampleSource);
    },
  };
}

function readSets(values: Int32Array, offsets: Float64Array): SplitFacts['labelSets'] {
  return (index) => values.subarray(offsets[index] ?? 0, offsets[index + 1] ?? 0);
}
