import { join } from 'node:path';
import type { SplitSummary } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import { type ExampleSource, unlabelled } from '../formats/format.ts';
import type { PackedFile } from '../packed/packed-manifest.ts';

/** Writes what belongs to one split besides decoded images. Files are named by the split's number, never by its name. */
export class SplitWriter {
  readonly name: string;
  readonly #dir: string;
  readonly #number: number;
  readonly #sources: BufferedFileWriter;
  readonly #labels: number[] = [];
  readonly #entries: ArchiveEntry[] = [];

  private constructor(split: { name: string; dir: string; number: number; sources: BufferedFileWriter }) {
    this.name = split.name;
    this.#dir = split.dir;
    this.#number = split.number;
    this.#sources = split.sources;
  }

  static async create(dir: string, number: number, name: string): Promise<SplitWriter> {
    const sources = await BufferedFileWriter.create(join(dir, `${number}.names.jsonl`));
    return new SplitWriter({ name, dir, number, sources });
  }

  get length(): number {
    return this.#labels.length;
  }

  pathOf(suffix: string): string {
    return join(this.#dir, this.fileName(suffix));
  }

  fileName(suffix: string): string {
    return `${this.#number}.${suffix}`;
  }

  async add(example: { label: number; source: ExampleSource; entry: ArchiveEntry | null }): Promise<void> {
    this.#labels.push(example.label);
    if (example.entry) this.#entries.push(example.entry);
    await this.#sources.append(Buffer.from(`${JSON.stringify(example.source)}\n`));
  }

  summary(classNames: readonly string[]): SplitSummary {
    const counts = new Array<number>(classNames.length).fill(0);
    for (const label of this.#labels) if (label !== unlabelled) counts[label] = (counts[label] ?? 0) + 1;
    return {
      examples: this.#labels.length,
      labelled: counts.reduce((a, b) => a + b, 0),
      classes: Object.fromEntries(classNames.map((name, label) => [name, counts[label] ?? 0])),
    };
  }

  async finish(): Promise<{ name: string; length: number; labels: PackedFile; sources: PackedFile }> {
    const sources = { name: this.fileName('names.jsonl'), ...(await this.#sources.finish()) };
    const labels = await this.#writeNumbers('labels.i32', Int32Array.from(this.#labels));
    return { name: this.name, length: this.length, labels, sources };
  }

  /** Copies the uploaded files of the split's images one after the other. */
  async writeEncoded(archive: Archive, signal: AbortSignal | undefined): Promise<{ images: PackedFile; offsets: PackedFile }> {
    const name = 'images.bin';
    const writer = await BufferedFileWriter.create(this.pathOf(name));
    const offsets = new Float64Array(this.#entries.length + 1);
    for (const [i, entry] of this.#entries.entries()) {
      signal?.throwIfAborted();
      await writer.append(await archive.read(entry));
      offsets[i + 1] = writer.sizeBytes;
    }
    const images = { name: this.fileName(name), ...(await writer.finish()) };
    return { images, offsets: await this.#writeNumbers('offsets.f64', offsets) };
  }

  /** Closes the file that is still open, if `finish` was not reached. */
  async discard(): Promise<void> {
    await this.#sources.discard();
  }

  async #writeNumbers(suffix: string, numbers: Int32Array | Float64Array): Promise<PackedFile> {
    const writer = await BufferedFileWriter.create(this.pathOf(suffix));
    await writer.append(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    return { name: this.fileName(suffix), ...(await writer.finish()) };
  }
}
