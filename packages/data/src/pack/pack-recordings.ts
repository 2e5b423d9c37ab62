import type { OpenedRecordings } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';
import { AudioCensus } from '../report/audio-census.ts';
import { checkRecording } from './check-recording.ts';
import { type PackedExamples, type PackWork, takeExamples } from './pack-work.ts';
import { RecordingFile } from './recording-file.ts';
import { completeStatistics, reviewSplits } from './review.ts';
import { SplitWriters } from './split-writers.ts';

const wording = { exact: 'has the same samples as', near: 'sounds like' };

/** Decodes and packs the recordings of a data set. */
export async function packRecordings({ classNames, examples }: OpenedRecordings, work: PackWork): Promise<PackedExamples> {
  const { archive, outDir, issues } = work;
  const census = new AudioCensus();
  const splits = new SplitWriters(outDir, (facts) => RecordingFile.create(outDir, facts));
  try {
    await takeExamples(examples, {
      work,
      check: (example) => checkRecording(archive, example),
      async take(example, recording) {
        const { split, label, source } = example;
        const { facts, content } = await splits.of(split);
        await facts.add(example);
        await content.append(recording);
        const { isSilent, isClipped } = census.add({ split, label, recording });
        const place = { split, path: source.path };
        if (isSilent) issues.warn('audio-silent', { ...place, message: 'The recording holds no sound' });
        if (isClipped) issues.inform('audio-clipped', { ...place, message: 'The recording is cut off at full scale' });
      },
    });
    const { numbers, ...reviewed } = reviewSplits(
      splits.all.map(({ facts }) => facts),
      { classNames, issues },
    );
    const audio = census.audioStatistics();
    const channels = reviewFormats(Object.values(audio), issues);
    const packed = [];
    for (const { facts, content } of splits.all) packed.push({ ...(await facts.finish()), ...(await content.finish()) });
    const body = { layout: 'recordings', splits: packed } as const;
    const search = { places: census.places, ...census.findDuplicates(), wording };
    const statistics = await completeStatistics({ images: {}, audio, ...(numbers && { numbers }) }, { search, body, work });
    return { body, report: { ...reviewed, example: { shape: [null, channels] }, statistics } };
  } finally {
    await splits.discard();
  }
}

/** Notes recordings of several formats. The number of channels, or null where they differ. */
function reviewFormats(
  splits: readonly { sampleRates: Record<string, number>; channels: Record<string, number> }[],
  issues: IssueLog,
): number | null {
  const kindsOf = (field: 'sampleRates' | 'channels') => [...new Set(splits.flatMap((split) => Object.keys(split[field])))];
  const [rates, channels] = [kindsOf('sampleRates'), kindsOf('channels')];
  if (rates.length > 1) issues.warn('sample-rates-differ', { message: `There are recordings of ${rates.join(', ')} Hz` });
  if (channels.length > 1) issues.warn('channels-differ', { message: `There are recordings of ${channels.join(', ')} channels` });
  return channels.length === 1 ? Number(channels[0]) : null;
}
