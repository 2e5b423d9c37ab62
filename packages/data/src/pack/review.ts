import { join } from 'node:path';
import { type DatasetReport, type DatasetStatistics, LabelKind, ScionError, type SplitSummary } from '@scion/schema';
import type { ImageKind } from '../image/image-kind.ts';
import type { IssueLog } from '../issue-log.ts';
import type { PackedBody } from '../packed/packed-manifest.ts';
import { reviewBalance } from '../report/review-balance.ts';
import { type DuplicateSearch, reviewDuplicates } from '../report/review-duplicates.ts';
import type { PackWork } from './pack-work.ts';
import type { SplitWriter } from './split-writer.ts';

/** A kind of image is odd where at most one image in a hundred is of it, and nearly all others are of one kind. */
const oddShare = 0.01;
const listedOddImages = 20;

/** Counts image encodings, to find the few that differ: a GIF among JPEGs is often the placeholder of a failed download. */
export class EncodingTally {
  readonly #kinds = new Map<ImageKind, { count: number; examples: { split: string; path: string }[] }>();
  #total = 0;

  add(kind: ImageKind, image: { split: string; path: string }): void {
    const tally = this.#kinds.get(kind) ?? { count: 0, examples: [] };
    tally.count++;
    if (tally.examples.length < listedOddImages) tally.examples.push(image);
    this.#kinds.set(kind, tally);
    this.#total++;
  }

  report(issues: IssueLog): void {
    const [[usual, most] = [null, { count: 0 }]] = [...this.#kinds].sort(([, a], [, b]) => b.count - a.count);
    if (usual === null || most.count < (1 - oddShare) * this.#total) return;
    for (const [kind, { examples }] of this.#kinds) {
      if (kind === usual) continue;
      const message = `A ${kind.toUpperCase()} among ${most.count} ${usual.toUpperCase()} images may be a placeholder; it was kept`;
      for (const image of examples) issues.warn('image-encoding-odd', { ...image, message });
    }
  }
}

/**
 * Sums up what the splits hold and how they are labelled, and notes what is odd about it. Throws `dataInvalid` where nothing is left
 * to train on.
 */
export function reviewSplits(
  splits: readonly SplitWriter[],
  { classNames, issues }: { classNames: readonly string[]; issues: IssueLog },
): Pick<DatasetReport, 'splits' | 'labels'> & Pick<DatasetStatistics, 'numbers'> {
  if (splits.length === 0) throw new ScionError('dataInvalid', 'There is no usable example in it', { details: issues.details() });
  const summaries = new Map(splits.map((split) => [split.name, split.summary(classNames)]));
  reviewClasses(summaries, issues);
  reviewBalance(summaries, issues);
  const labels = LabelKind.options.filter((kind) => splits.some(({ labelKinds }) => labelKinds.has(kind)));
  const numbers = splits.flatMap((split) => {
    const ofSplit = split.numbers();
    return ofSplit ? [[split.name, ofSplit] as const] : [];
  });
  return {
    splits: Object.fromEntries(summaries),
    ...(labels.length > 0 && { labels }),
    ...(numbers.length > 0 && { numbers: Object.fromEntries(numbers) }),
  };
}

/** Notes classes that cannot be learnt, since `train` has no example of them, though it has labels at all. */
function reviewClasses(splits: ReadonlyMap<string, SplitSummary>, issues: IssueLog): void {
  const train = splits.get('train');
  if (!train || train.labelled === 0) return;
  for (const [name, count] of Object.entries(train.classes)) {
    if (count > 0) continue;
    issues.warn('class-without-examples', {
      split: 'train',
      message: `The class ${JSON.stringify(name)} has no example in train`,
    });
  }
}

/** Finds the duplicates, and adds them and what was left out to what was counted. */
export async function completeStatistics(
  counted: Omit<DatasetStatistics, 'duplicates' | 'skipped' | 'issues'>,
  { search, body, work: { outDir, issues } }: { search: DuplicateSearch; body: PackedBody; work: PackWork },
): Promise<DatasetStatistics> {
  const sourcesOf = new Map(body.splits.map(({ name, sources }) => [name, join(outDir, sources.name)]));
  const duplicates = await reviewDuplicates(search, { issues, sourcesPath: (split) => sourcesOf.get(split) ?? '' });
  return { ...counted, duplicates, skipped: issues.leftOut, issues: issues.totals() };
}
