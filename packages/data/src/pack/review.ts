import type { SplitSummary } from '@scion/schema';
import type { ImageKind } from '../image/image-kind.ts';
import type { IssueLog } from '../issue-log.ts';

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

/** Notes classes that cannot be learnt, since `train` has no example of them, though it has labels at all. */
export function reviewClasses(splits: ReadonlyMap<string, SplitSummary>, issues: IssueLog): void {
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
