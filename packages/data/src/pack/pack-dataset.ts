import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetReport, type MakeSplits, ReadOptions, type ReadOptionsInput, ScionError } from '@scion/schema';
import { Archive } from '../archive/archive.ts';
import { type ArchiveLimits, defaultArchiveLimits } from '../archive/archive-limits.ts';
import { sha256OfUpload } from '../archive/upload-hash.ts';
import type { DatasetFormat, OpenedDataset, ReadContext } from '../formats/format.ts';
import { formats } from '../formats/index.ts';
import { IssueLog } from '../issue-log.ts';
import { manifestFileName, type PackedManifest } from '../packed/packed-manifest.ts';
import { planSplits, withSplits } from '../splits/plan-splits.ts';
import { packImages } from './pack-images.ts';
import { packRecordings } from './pack-recordings.ts';
import { packTexts } from './pack-texts.ts';
import type { PackedExamples, PackWork } from './pack-work.ts';
import { defaultShardBytes } from './shard-bytes.ts';

const spoolName = 'spool';

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
  /** About how large the files are that hold the images; 16 MiB if left out. */
  shardBytes?: number;
  signal?: AbortSignal;
  /** Called now and then with the number of examples looked at so far. */
  onProgress?: (progress: { examples: number }) => void;
  /** Folder that a try of the same upload left when it was killed: what it found out of images is taken over. */
  resumeFrom?: string | null;
  /** How often progress is saved for that, in milliseconds; 10,000 if left out. */
  saveEveryMs?: number;
  /** Called where an earlier try's findings are taken over, with the number of examples that it had looked at. */
  onResume?: (progress: { examples: number }) => void;
};

/**
 * Turns an upload into the packed form that training reads: unpacks it safely, finds its format, decodes and checks every example.
 * Examples that cannot be used are left out and named in the report. The packed form is complete once `packed.json` is there.
 * Memory stays bounded whatever the upload's size; disk holds the unpacked upload meanwhile, inside `outDir`.
 *
 * Throws `dataInvalid`, `archiveUnsafe`, `formatUnknown`, `insufficientStorage`, or the signal's reason.
 */
export async function packDataset(request: PackRequest): Promise<DatasetReport> {
  const { outDir, signal, resumeFrom } = request;
  if (resumeFrom) await rm(join(resumeFrom, spoolName), { force: true });
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
      spoolPath: join(outDir, spoolName),
      limits: request.limits ?? defaultArchiveLimits,
      issues,
      signal,
    });
    try {
      const { columns, namePattern = null, maskClasses = null } = options;
      return await packArchive(request, archive, { issues, columns, namePattern, maskClasses });
    } finally {
      await archive.close();
    }
  } catch (error) {
    await rm(outDir, { recursive: true, force: true });
    throw asStorageError(error);
  }
}

async function packArchive(request: PackRequest, archive: Archive, context: ReadContext): Promise<DatasetReport> {
  const { outDir, signal, onProgress, onResume, shardBytes = defaultShardBytes } = request;
  const { issues } = context;
  const format = await chooseFormat(request, archive);
  const opened = await openDivided(request, { archive, format, context });
  const sha256 = await sha256OfUpload(request.uploadPath);
  const resume = {
    key: packingKey(request, sha256),
    from: request.resumeFrom ?? null,
    everyMs: request.saveEveryMs ?? 10_000,
    onResume,
  };
  const packed = await packExamples(opened, { archive, outDir, issues, signal, onProgress, resume, shardBytes });
  const report: DatasetReport = {
    format: format.id,
    modality: opened.modality,
    classNames: opened.classNames,
    ...packed.report,
    issues: issues.all(),
    sha256,
  };
  await writeManifest(outDir, { version: 2, report, ...packed.body });
  return report;
}

/** What two tries must agree in for one to go on with what the other found out. */
function packingKey({ format, options = {}, split = null, shardBytes }: PackRequest, sha256: string): string {
  return JSON.stringify({ version: 2, sha256, format, options: ReadOptions.parse(options), split, shardBytes });
}

function packExamples(opened: OpenedDataset, work: PackWork): Promise<PackedExamples> {
  switch (opened.modality) {
    case 'image':
      return packImages(opened, work);
    case 'text':
      return packTexts(opened, work);
    case 'audio':
      return packRecordings(opened, work);
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
  return splitOf === null ? opened : withSplits(opened, splitOf);
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
