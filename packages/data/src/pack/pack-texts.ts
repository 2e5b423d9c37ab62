import type { OpenedTexts } from '../formats/format.ts';
import { TextCensus } from '../report/text-census.ts';
import { checkText } from './check-text.ts';
import { type PackedExamples, type PackWork, takeExamples } from './pack-work.ts';
import { PieceFile } from './piece-file.ts';
import { completeStatistics, reviewSplits } from './review.ts';
import { SplitWriters } from './split-writers.ts';

const wording = { exact: 'is the same text as', near: 'differs in case or white space only from' };

/** Checks and packs the texts of a data set. */
export async function packTexts({ classNames, examples }: OpenedTexts, work: PackWork): Promise<PackedExamples> {
  const { archive, outDir, issues } = work;
  const census = new TextCensus();
  const splits = new SplitWriters(outDir, (facts) =>
    PieceFile.create(outDir, { content: facts.fileName('texts.utf8'), offsets: facts.fileName('texts.f64') }),
  );
  try {
    await takeExamples(examples, {
      work,
      check: (example) => checkText(archive, example),
      async take(example, text) {
        const { facts, content } = await splits.of(example.split);
        await facts.add(example);
        await content.append(Buffer.from(text));
        census.add({ split: example.split, label: example.label, text });
      },
    });
    const { numbers, ...reviewed } = reviewSplits(
      splits.all.map(({ facts }) => facts),
      { classNames, issues },
    );
    const packed = [];
    for (const { facts, content } of splits.all) packed.push({ ...(await facts.finish()), ...(await content.finish()) });
    const body = { layout: 'texts', splits: packed } as const;
    const search = { places: census.places, ...census.findDuplicates(), wording };
    const counted = { images: {}, texts: census.textStatistics(), ...(numbers && { numbers }) };
    const statistics = await completeStatistics(counted, { search, body, work });
    return { body, report: { ...reviewed, example: { shape: [null] }, statistics } };
  } finally {
    await splits.discard();
  }
}
