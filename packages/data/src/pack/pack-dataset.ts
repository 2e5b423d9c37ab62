import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DatasetReport,
  type DatasetStatistics,
  type MakeSplits,
  ReadOptions,
  type ReadOptionsInput,
  ScionError,
  type SplitSummary,
} from '@scion/schema';
import { Archive } from '../archive/archive.ts';
import { type ArchiveLimits, defaultArchiveLimits } from '../archive/archive-limits.ts';
import { sha256OfUpload } from '../archive/upload-hash.ts';
import { decodeConcurrency, mapOrdered } from '../concurrency.ts';
import type { DatasetFormat, OpenedDataset, ReadContext } from '../formats/format.ts';
import { formats } from '../formats/index.ts';
import { IssueLog } from '../issue-log.ts';
import { manifestFileName, type PackedManifest } from '../packed/packed-manifest.ts';
import { ImageCensus } from '../report/image-census.ts';
import { reviewBalance } from '../report/review-balance.ts';
import { reviewDuplicates } from '../report/review-duplicates.ts';
import { planSplits, withSplits } from '../splits/plan-splits.ts';
import { checkExample, keepEncoded } from './check-example.ts';
import { DatasetWriter } from './dataset-writer.ts';
import { EncodingTally, reviewClasses } from './review.ts';

const progressEvery = 500;

export type PackRequest = {
  /** An archive, one file of a format that needs no archive, or a folder. */
  uploadPath: string;
  /** The upload's name as its sender gave it; used in messages only. */
  fileName: string;
  /** Id of a format, or `auto`. */
  format: string;
  options?: ReadOptionsInput;
  /** Splits to make, where the data has one only. */
  split?: MakeSplits | null;
  /** Folder for the packed form. It is replaced; on failure it is removed. */
  outDir: string;
  limits?: ArchiveLimits;
  signal?: AbortSignal;
  /** Called now and then with the number of examples looked at so far. */
  onProgress?: (progress: { examples: number }) => void;
};

/**
 * Turns an upload into the packed form that training reads: unpacks it safely, finds its format, decodes and checks every example.
 * Examples that cannot be used are left out and named in the report. The packed form is complete once `packed.json` is there.
 * Memory stays bounded whatever the upload's size; disk holds the unpacked upload meanwhile, inside `outDir`.
 *
 * Throws `dataInvalid`, `archiveUnsafe`, `formatUnknown`, `insufficientStorage`, or the signal's reason.
 */
export async function packDataset(request: PackRequest): Promise<DatasetReport> {
  const { outDir, signal } = request;
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  try {
    const options = ReadOptions.parse(request.options ?? {});
    const issues = new IssueLog(options.policy);
    const upload = await stat(request.uploadPath);
    const archive = await Archive.unpack({
      path: request.uploadPath,
      fileName: request.fileName,
      sizeBytes: upload.isDirectory() ? Number.POSITIVE_INFINITY : upload.size,
      spoolPath: join(outDir, 'spool'),
      limits: request.limits ?? defaultArchiveLimits,
      issues,
      signal,
    });
    try {
      return await packArchive(request, archive, { issues, columns: options.columns });
    } finally {
      await archive.close();
    }
  } catch (error) {
    await rm(outDir, { recursive: true, force: true });
    throw asStorageError(error);
  }
}

async function packArchive(request: PackRequest, archive: Archive, context: ReadContext): Promise<DatasetReport> {
  const { outDir, signal } = request;
  const { issues } = context;
  const format = await chooseFormat(request, archive);
  const opened = await openDivided(request, { archive, format, context });
  const writer = new DatasetWriter(outDir);
  try {
    const census = new ImageCensus();
    await writeExamples(request, { archive, opened, writer, census, issues });
    const splits = new Map(writer.splits.map((split) => [split.name, split.summary(opened.classNames)]));
    if (splits.size === 0) throw new ScionError('dataInvalid', 'There is no usable example in it', { details: issues.details() });
    reviewClasses(splits, issues);
    reviewBalance(splits, issues);
    const packed = await writer.finish(archive, signal);
    const statistics = await statisticsOf(census, { outDir, packed, issues });
    const report = await reportOf({ request, format, opened, splits, shape: packed.shape, statistics, issues });
    const superclasses = opened.superclasses && { superclasses: Object.fromEntries(opened.superclasses) };
    await writeManifest(outDir, { version: 1, report, ...superclasses, ...packed });
    return report;
  } finally {
    await writer.discard();
  }
}

/** Opens the data, with the splits that are to be made. Its examples are read once more for that, but not decoded. */
async function openDivided(
  { split: wanted = null }: PackRequest,
  { archive, format, context }: { archive: Archive; format: DatasetFormat; context: ReadContext },
): Promise<OpenedDataset> {
  const opened = await format.open(archive, context);
  if (wanted === null) return opened;
  const { issues } = context;
  const unheard = await format.open(archive, { ...context, issues: new IssueLog() });
  const splitOf = await planSplits(unheard.examples, { wanted, issues });
  return splitOf === null ? opened : { ...opened, examples: withSplits(opened.examples, splitOf) };
}

async function chooseFormat({ format: wanted, fileName }: PackRequest, archive: Archive): Promise<DatasetFormat> {
  const known = formats.map(({ id, summary }) => `${id}: ${summary}`).join('; ');
  if (wanted !== 'auto') {
    const named = formats.find(({ id }) => id === wanted);
    if (named) return named;
    throw new ScionError('formatUnknown', `There is no format ${JSON.stringify(wanted)}. Known are auto; ${known}`);
  }
  for (const format of formats) if (await format.detect(archive)) return format;
  if (archive.isLoneFile) {
    const message = `${fileName} is neither a zip, a tar or a tar.gz nor a file of a known format. Known are ${known}`;
    throw new ScionError('formatUnknown', message);
  }
  const seen = archive.entries.slice(0, 5).map(({ path }) => path);
  const holds = seen.length > 0 ? `It holds ${seen.join(', ')}${archive.entries.length > 5 ? ', …' : ''}` : 'It holds no files';
  throw new ScionError('formatUnknown', `${fileName} fits no known format. ${holds}. Known are ${known}`);
}

async function writeExamples(
  { signal, onProgress }: PackRequest,
  work: { archive: Archive; opened: OpenedDataset; writer: DatasetWriter; census: ImageCensus; issues: IssueLog },
): Promise<void> {
  const { archive, opened, writer, census, issues } = work;
  const encodings = new EncodingTally();
  const seenSplits = new Set<string>();
  let examples = 0;
  for await (const checked of mapOrdered(opened.examples, decodeConcurrency, (example) => checkExample(archive, example))) {
    signal?.throwIfAborted();
    const { split, source } = checked.example;
    seenSplits.add(split);
    if ('fault' in checked) {
      issues.leaveOut(checked.fault.code, { split, path: source.path, row: source.row, message: checked.fault.message });
    } else {
      if (checked.kind) encodings.add(checked.kind, { split, path: source.path });
      await writer.add(await keepEncoded(archive, checked.example), checked.pixels);
      census.add({ split, label: checked.example.label, pixels: checked.pixels });
    }
    if (++examples % progressEvery === 0) onProgress?.({ examples });
  }
  onProgress?.({ examples });
  encodings.report(issues);
  for (const { name } of writer.splits) seenSplits.delete(name);
  for (const split of seenSplits) issues.warn('split-empty', { split, message: `The split ${split} has no usable example` });
}

async function statisticsOf(
  census: ImageCensus,
  { outDir, packed, issues }: { outDir: string; packed: Pick<PackedManifest, 'splits'>; issues: IssueLog },
): Promise<DatasetStatistics> {
  const sourcesOf = new Map(packed.splits.map(({ name, sources }) => [name, join(outDir, sources.name)]));
  const duplicates = await reviewDuplicates(census, { issues, sourcesPath: (split) => sourcesOf.get(split) ?? '' });
  return { images: census.imageStatistics(), duplicates, skipped: issues.leftOut, issues: issues.totals() };
}

async function reportOf(parts: {
  request: PackRequest;
  format: DatasetFormat;
  opened: OpenedDataset;
  splits: ReadonlyMap<string, SplitSummary>;
  shape: PackedManifest['shape'];
  statistics: DatasetStatistics;
  issues: IssueLog;
}): Promise<DatasetReport> {
  return {
    format: parts.format.id,
    modality: 'image',
    classNames: parts.opened.classNames,
    splits: Object.fromEntries(parts.splits),
    example: { shape: [...parts.shape] },
    statistics: parts.statistics,
    issues: parts.issues.all(),
    sha256: await sha256OfUpload(parts.request.uploadPath),
  };
}

/** Written under another name, made durable, then renamed: the manifest is there as a whole or not at all. */
async function writeManifest(outDir: string, manifest: PackedManifest): Promise<void> {
  const path = join(outDir, manifestFileName);
  const partial = await open(`${path}.partial`, 'w', 0o644);
  try {
    await partial.writeFile(JSON.stringify(manifest));
    await partial.sync();
  } finally {
    await partial.close();
  }
  await rename(`${path}.partial`, path);
  const folder = await open(outDir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function asStorageError(error: unknown): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ScionError('insufficientStorage', 'The disk is full: packing needs room for the unpacked upload', { cause: error });
}
