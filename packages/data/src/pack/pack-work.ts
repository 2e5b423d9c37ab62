import type { DatasetReport, DatasetStatistics } from '@scion/schema';
import type { Archive } from '../archive/archive.ts';
import { decodeConcurrency, mapOrdered } from '../concurrency.ts';
import type { ExampleFacts } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';
import type { PackedBody } from '../packed/packed-manifest.ts';
import type { ResumeOptions } from './packing-progress.ts';

const progressEvery = 500;

/** What packing the examples of an upload works with. */
export type PackWork = {
  archive: Archive;
  /** Folder for the packed form. */
  outDir: string;
  /** About how large the files are that hold the images. */
  shardBytes: number;
  issues: IssueLog;
  signal: AbortSignal | undefined;
  onProgress: ((progress: { examples: number }) => void) | undefined;
  resume: ResumeOptions;
};

/** What packing the examples gave: the packed form, which lacks its manifest only, and the report's part on examples. */
export type PackedExamples = {
  body: PackedBody;
  report: Pick<DatasetReport, 'splits' | 'example' | 'labels' | 'superclasses' | 'maskClasses'> & {
    statistics: DatasetStatistics;
  };
};

/** An example's content, or the reason why it cannot be used. */
export type Checked<Content> = { content: Content } | { fault: { code: string; message: string } };

/**
 * Checks examples, several at once, and has those that can be used taken, in their order. The others are reported, and so are
 * splits of which nothing is left.
 */
export async function takeExamples<Example extends ExampleFacts, Content>(
  examples: AsyncIterable<Example>,
  {
    work: { issues, signal, onProgress },
    check,
    take,
    checkedAhead = () => decodeConcurrency,
    onDone,
  }: {
    work: PackWork;
    check: (example: Example) => Promise<Checked<Content>>;
    take: (example: Example, content: Content) => Promise<void>;
    /** How many examples may be under way. */
    checkedAhead?: () => number;
    /** Hears of each example in order, once it is taken or reported. */
    onDone?: (checked: Checked<Content>) => Promise<void>;
  },
): Promise<void> {
  const seenSplits = new Set<string>();
  const filledSplits = new Set<string>();
  let count = 0;
  const checkOne = async (example: Example) => ({ example, checked: await check(example) });
  for await (const { example, checked } of mapOrdered(examples, checkedAhead, checkOne)) {
    signal?.throwIfAborted();
    const { split, source } = example;
    seenSplits.add(split);
    if ('fault' in checked) {
      issues.leaveOut(checked.fault.code, { split, path: source.path, row: source.row, message: checked.fault.message });
    } else {
      await take(example, checked.content);
      filledSplits.add(split);
    }
    await onDone?.(checked);
    if (++count % progressEvery === 0) onProgress?.({ examples: count });
  }
  onProgress?.({ examples: count });
  for (const split of seenSplits) {
    if (filledSplits.has(split)) continue;
    issues.warn('split-empty', { split, message: `The split ${split} has no usable example` });
  }
}
