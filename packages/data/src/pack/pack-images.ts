import type { OpenedImages } from '../formats/format.ts';
import { ImageCensus } from '../report/image-census.ts';
import { DatasetWriter } from './dataset-writer.ts';
import { ImageChecker } from './image-checker.ts';
import { keepEncoded } from './keep-encoded.ts';
import { addMasks, MaskPacker } from './mask-packer.ts';
import { type PackedExamples, type PackWork, takeExamples } from './pack-work.ts';
import { PackingProgress } from './packing-progress.ts';
import { completeStatistics, EncodingTally, reviewSplits } from './review.ts';

const wording = { exact: 'has the same pixels as', near: 'looks like' };

/** Decodes and packs the images of a data set. */
export async function packImages(opened: OpenedImages, work: PackWork): Promise<PackedExamples> {
  const { archive, outDir, shardBytes, issues, signal } = work;
  const progress = await PackingProgress.start(outDir, work.resume);
  const writer = new DatasetWriter({ dir: outDir, shardBytes, earlier: progress.earlier });
  const checker = new ImageChecker(archive);
  const census = new ImageCensus();
  const encodings = new EncodingTally();
  const masks = opened.masks ? new MaskPacker(archive, outDir) : null;
  try {
    await takeExamples(opened.examples, {
      work,
      checkedAhead: () => checker.imagesAhead,
      async check(example) {
        const checked = await (progress.next() ?? checker.check(example));
        return 'fault' in checked ? checked : ((await masks?.check(example, checked.content)) ?? checked);
      },
      async take(example, image) {
        const { split, source } = example;
        if (image.kind) encodings.add(image.kind, { split, path: source.path });
        await writer.add(await keepEncoded(archive, example), image, () => checker.decode(example));
        checker.wantsPixels = writer.keepsRaw;
        census.add(example, image);
        await masks?.take(example);
      },
      async onDone(checked) {
        await progress.note(checked);
        await progress.saveIfDue(() => writer.checkpoint());
      },
    });
    await progress.end();
    encodings.report(issues);
    const { numbers, ...facts } = reviewSplits(writer.splits, { classNames: opened.classNames, issues });
    const body = await addMasks(await writer.finish(archive, signal), masks);
    const found = masks?.describe(opened.masks?.values ?? null, issues);
    const search = { places: census.places, ...census.findDuplicates(), wording };
    const counted = { images: census.imageStatistics(), ...(numbers && { numbers }), ...found?.statistics };
    const { superclasses } = opened;
    return {
      body,
      report: {
        ...facts,
        example: { shape: [...body.shape] },
        ...(superclasses && superclasses.size > 0 && { superclasses: Object.fromEntries(superclasses) }),
        ...(found && { maskClasses: found.classes }),
        statistics: await completeStatistics(counted, { search, body, work }),
      },
    };
  } finally {
    await checker.close();
    await writer.discard();
    await masks?.discard();
    await progress.discard();
  }
}
