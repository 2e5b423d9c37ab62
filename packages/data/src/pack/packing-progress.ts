import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import { PackedFile } from '../packed/packed-manifest.ts';
import { lineOf, parseLine } from './checked-line.ts';
import { copyVerified } from './copy-verified.ts';
import type { CheckedImage } from './image-checker.ts';
import type { Checked } from './pack-work.ts';

const logName = 'checked.jsonl';
const checkpointName = 'checkpoint.json';

/** What a try had done: so many examples looked at, and their pixels, as far as pixels are kept, in these files. */
const Checkpoint = z.strictObject({
  key: z.string().describe('What is packed, and how'),
  examples: z.int(),
  channels: z.literal([1, 3]),
  log: PackedFile,
  files: z.array(PackedFile),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

/** How a try goes on where an earlier one was killed. */
export type ResumeOptions = {
  /** Names the upload and the way it is packed: a try of another key is of no use. */
  key: string;
  /** Folder that the earlier try left; null where there is none. */
  from: string | null;
  /** How often progress is saved. */
  everyMs: number;
  onResume: ((progress: { examples: number }) => void) | undefined;
};

/**
 * What packing images has found out so far, written down so that another process can go on from there: one line for each example,
 * and now and then the state of all files.
 */
export class PackingProgress {
  /** What an earlier try had done and this one took over. */
  readonly earlier: Checkpoint | null;
  readonly #dir: string;
  readonly #options: ResumeOptions;
  readonly #log: BufferedFileWriter;
  readonly #replay: AsyncIterator<Checked<CheckedImage>> | null;
  #replayed = 0;
  #noted = 0;
  #savedAt = performance.now();
  #isOver = false;

  private constructor(
    dir: string,
    { options, log, earlier }: { options: ResumeOptions; log: BufferedFileWriter; earlier: Checkpoint | null },
  ) {
    this.#dir = dir;
    this.#options = options;
    this.#log = log;
    this.earlier = earlier;
    this.#replay = earlier && readLog(join(dir, logName), earlier.log.sizeBytes);
  }

  /** Takes over what an earlier try left, if it is sound. */
  static async start(dir: string, options: ResumeOptions): Promise<PackingProgress> {
    const earlier = options.from === null ? null : await takeOver(options.from, dir, options.key);
    if (earlier) options.onResume?.({ examples: earlier.examples });
    const path = join(dir, logName);
    const log = earlier ? await BufferedFileWriter.reopen(path) : await BufferedFileWriter.create(path);
    return new PackingProgress(dir, { options, log, earlier });
  }

  /** What an earlier try found out about the next example; null from the first one on that it had not looked at. */
  next(): Promise<Checked<CheckedImage>> | null {
    if (!this.#replay || !this.earlier || this.#replayed === this.earlier.examples) return null;
    this.#replayed++;
    return this.#replay.next().then(({ value, done }) => {
      if (done) throw new Error('The log of an earlier try is shorter than it says');
      return value;
    });
  }

  /** Writes down what was found out about an example; they come in order. */
  async note(checked: Checked<CheckedImage>): Promise<void> {
    if (this.#isOver) return;
    this.#noted++;
    if (this.#noted > (this.earlier?.examples ?? 0)) await this.#log.append(lineOf(checked));
  }

  /** Saves the progress, if the last time is long enough ago; `describe` makes the files durable and tells what they are. */
  async saveIfDue(describe: () => Promise<Pick<Checkpoint, 'channels' | 'files'>>): Promise<void> {
    if (this.#isOver || this.#noted <= (this.earlier?.examples ?? 0)) return;
    if (performance.now() - this.#savedAt < this.#options.everyMs) return;
    const { key } = this.#options;
    const files = await describe();
    const log = { name: logName, ...(await this.#log.checkpoint()) };
    const path = join(this.#dir, checkpointName);
    await writeFile(`${path}.partial`, JSON.stringify({ key, examples: this.#noted, log, ...files } satisfies Checkpoint));
    await rename(`${path}.partial`, path);
    this.#savedAt = performance.now();
  }

  /** Removes what is of no use once all is packed, or where nothing can be taken over. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#replay?.return?.();
    await this.#log.remove();
    await rm(join(this.#dir, checkpointName), { force: true });
  }

  /** Closes the log. */
  async discard(): Promise<void> {
    await this.#replay?.return?.();
    await this.#log.discard();
  }
}

/** Copies an earlier try's files; null where there are none of this upload, or where they are damaged. */
async function takeOver(from: string, dir: string, key: string): Promise<Checkpoint | null> {
  const text = await readFile(join(from, checkpointName), 'utf8').catch(() => null);
  if (text === null) return null;
  const checkpoint = Checkpoint.safeParse(parseJson(text));
  if (!checkpoint.success || checkpoint.data.key !== key) return null;
  const { log, files } = checkpoint.data;
  for (const file of [log, ...files]) {
    const copied = { from: join(from, file.name), to: join(dir, file.name), file };
    if (await copyVerified(copied)) continue;
    for (const { name } of [log, ...files]) await rm(join(dir, name), { force: true });
    return null;
  }
  await writeFile(join(dir, checkpointName), text);
  return checkpoint.data;
}

async function* readLog(path: string, sizeBytes: number): AsyncGenerator<Checked<CheckedImage>> {
  const input = createReadStream(path, { end: sizeBytes - 1 });
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield parseLine(line);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
