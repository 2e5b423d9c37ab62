import { join } from 'node:path';
import { type DatasetStatistics, LabelKind, type SplitSummary } from '@scion/schema';
import type { Archive, ArchiveEntry } from '../archive/archive.ts';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import { type ExampleFacts, unlabelled } from '../formats/format.ts';
import type { Size } from '../image/pixels.ts';
import type { PackedFile, PackedSplitFacts } from '../packed/packed-manifest.ts';
import { GrowingArray } from '../report/growing-array.ts';
import { shardName } from './shard-bytes.ts';

/** The file of an image, and the size that it is decoded to. */
export type EncodedImage = Size & { entry: ArchiveEntry };

type PackedEncoded = { images: PackedFile[]; offsets: PackedFile; sizes: PackedFile };

/** Writes what belongs to one split besides the content of examples. Files are named by the split's number, never by its name. */
export class SplitWriter {
  readonly name: string;
  readonly #dir: string;
  readonly #number: number;
  readonly #sources: BufferedFileWriter;
  readonly #labels: number[] = [];
  /** Classes of examples that may have several, one after the other, and where those of the next example start. */
  readonly #labelSets = { values: new GrowingArray((length) => new Int32Array(length)), ends: [0] };
  readonly #targets: number[] = [];
  readonly #labelKinds = new Set<LabelKind>();
  #labelled = 0;
  readonly #entries: ArchiveEntry[] = [];
  readonly #sizes = new GrowingArray((length) => new Int32Array(length));

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

  /** What the split's examples are labelled with. */
  get labelKinds(): ReadonlySet<LabelKind> {
    return this.#labelKinds;
  }

  /** Takes what is known of an example; `image` is its file, which `writeEncoded` will copy, and the size of the image in it. */
  async add(facts: ExampleFacts, { image = null, hasMask = false }: { image?: EncodedImage | null; hasMask?: boolean } = {}) {
    const { label, labels = [], target = Number.NaN, source } = facts;
    this.#labels.push(label);
    this.#labelSets.values.append(labels);
    this.#labelSets.ends.push(this.#labelSets.values.length);
    this.#targets.push(target);
    this.#noteKinds({ class: label !== unlabelled, classes: labels.length > 0, number: !Number.isNaN(target), mask: hasMask });
    if (image) {
      this.#entries.push(image.entry);
      this.#sizes.push(image.height, image.width);
    }
    await this.#sources.append(Buffer.from(`${JSON.stringify(source)}\n`));
  }

  summary(classNames: readonly string[]): SplitSummary {
    const counts = new Array<number>(classNames.length).fill(0);
    for (const labels of [this.#labels, this.#labelSets.values.values])
      for (const label of labels) if (label !== unlabelled) counts[label] = (counts[label] ?? 0) + 1;
    return {
      examples: this.#labels.length,
      labelled: this.#labelled,
      classes: Object.fromEntries(classNames.map((name, label) => [name, counts[label] ?? 0])),
    };
  }

  /** The lowest, mean and highest number to predict, and how far they spread; null where there is none. */
  numbers(): NonNullable<DatasetStatistics['numbers']>[string] | null {
    const numbers = this.#targets.filter((target) => !Number.isNaN(target));
    if (numbers.length === 0) return null;
    const fold = (pick: (a: number, b: number) => number) => numbers.reduce((a, b) => pick(a, b));
    const mean = fold((a, b) => a + b) / numbers.length;
    const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
    return { min: fold(Math.min), mean, max: fold(Math.max), deviation: Math.sqrt(variance) };
  }

  async finish(): Promise<PackedSplitFacts> {
    const sources = { name: this.fileName('names.jsonl'), ...(await this.#sources.finish()) };
    const labels = await this.#writeNumbers('labels.i32', Int32Array.from(this.#labels));
    const { values, ends } = this.#labelSets;
    return {
      name: this.name,
      length: this.length,
      labels,
      sources,
      ...(this.#labelKinds.has('classes') && {
        labelSets: {
          values: await this.#writeNumbers('label-sets.i32', values.values),
          offsets: await this.#writeNumbers('label-sets.f64', Float64Array.from(ends)),
        },
      }),
      ...(this.#labelKinds.has('number') && {
        targets: await this.#writeNumbers('targets.f64', Float64Array.from(this.#targets)),
      }),
    };
  }

  /** Copies the uploaded files of the split's images one after the other, into shards of about `shardBytes`. */
  async writeEncoded(
    archive: Archive,
    { shardBytes, signal }: { shardBytes: number; signal: AbortSignal | undefined },
  ): Promise<PackedEncoded> {
    const images: PackedFile[] = [];
    const offsets = new Float64Array(this.#entries.length + 1);
    const nameOf = (shard: number) => shardName((suffix) => this.fileName(suffix), { shard, ending: 'bin' });
    let writer: BufferedFileWriter | null = null;
    const finishShard = async () => {
      if (writer) images.push({ name: nameOf(images.length), ...(await writer.finish()) });
      writer = null;
    };
    try {
      for (const [i, entry] of this.#entries.entries()) {
        signal?.throwIfAborted();
        if (writer && writer.sizeBytes + entry.sizeBytes > shardBytes) await finishShard();
        writer ??= await BufferedFileWriter.create(join(this.#dir, nameOf(images.length)));
        await writer.append(await archive.read(entry));
        offsets[i + 1] = (offsets[i] ?? 0) + entry.sizeBytes;
      }
      await finishShard();
    } finally {
      await writer?.discard();
    }
    const sizes = await this.#writeNumbers('sizes.i32', this.#sizes.values);
    return { images, offsets: await this.#writeNumbers('offsets.f64', offsets), sizes };
  }

  /** Closes the file that is still open, if `finish` was not reached. */
  async discard(): Promise<void> {
    await this.#sources.discard();
  }

  #noteKinds(has: Record<LabelKind, boolean>): void {
    const kinds = LabelKind.options.filter((kind) => has[kind]);
    for (const kind of kinds) this.#labelKinds.add(kind);
    if (kinds.length > 0) this.#labelled++;
  }

  async #writeNumbers(suffix: string, numbers: Int32Array | Float64Array): Promise<PackedFile> {
    const writer = await BufferedFileWriter.create(this.pathOf(suffix));
    await writer.append(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
    return { name: this.fileName(suffix), ...(await writer.finish()) };
  }
}
