import type { Archive } from '../archive/archive.ts';
import type { RawExample } from '../formats/format.ts';
import type { Channels, Size } from '../image/pixels.ts';
import type { PackedBody } from '../packed/packed-manifest.ts';
import type { CheckedImage } from './image-checker.ts';
import type { Checkpoint } from './packing-progress.ts';
import { RawImages } from './raw-images.ts';
import { shardName } from './shard-bytes.ts';
import { SplitWriter } from './split-writer.ts';

/** Decoded images are kept up to this size in all; beyond it the uploaded encoding is, and each read decodes again. */
const maxRawBytes = 4 * 2 ** 30;

type PackedImages = Extract<PackedBody, { layout: 'raw' | 'encoded' }>;

/**
 * Takes checked examples in order and writes the packed form. It bets on images of one size and writes decoded ones; at the first
 * image of another size it drops those, and at the end copies the uploaded files instead. Both need one decoding pass.
 */
export class DatasetWriter {
  readonly #dir: string;
  readonly #shardBytes: number;
  readonly #earlier: Pick<Checkpoint, 'channels' | 'files'> | null;
  readonly #splits = new Map<string, { writer: SplitWriter; raw: RawImages | null }>();
  #size: Size | null = null;
  #sizesDiffer = false;
  #channels: Channels = 1;
  #keepsRaw = true;
  #rawBytes = 0;

  /** `earlier` are files that stand in the folder already, of an earlier try that is gone through once more. */
  constructor({
    dir,
    shardBytes,
    earlier,
  }: { dir: string; shardBytes: number; earlier: Pick<Checkpoint, 'channels' | 'files'> | null }) {
    this.#dir = dir;
    this.#shardBytes = shardBytes;
    this.#earlier = earlier;
  }

  /** Whether decoded images are of any use; once they are not, they never are again. */
  get keepsRaw(): boolean {
    return this.#keepsRaw;
  }

  get splits(): SplitWriter[] {
    return [...this.#splits.values()].map(({ writer }) => writer);
  }

  get shape(): [number | null, number | null, Channels] {
    const size = this.#sizesDiffer ? null : this.#size;
    return [size?.height ?? null, size?.width ?? null, this.#channels];
  }

  /** `decode` is asked for pixels that did not come along. */
  async add(example: RawExample, image: CheckedImage, decode: () => Promise<Uint8Array>): Promise<void> {
    await this.#fit(example, image);
    const { writer, raw } = await this.#splitOf(example.split, image);
    if (raw && !image.isPacked) await raw.append({ ...image, data: image.data ?? (await decode()) });
    const { height, width } = image;
    const encoded = 'entry' in example.image ? { entry: example.image.entry, height, width } : null;
    await writer.add(example, { image: encoded, hasMask: example.mask !== undefined });
  }

  /** Makes the decoded images durable that are written so far, and tells what they are. */
  async checkpoint(): Promise<Pick<Checkpoint, 'channels' | 'files'>> {
    const files = [];
    for (const { raw } of this.#splits.values()) files.push(...((await raw?.checkpoint()) ?? []));
    return { channels: this.#channels, files };
  }

  /** Completes all files but the manifest, and describes them. */
  async finish(archive: Archive, signal: AbortSignal | undefined): Promise<PackedImages> {
    const [height, width, channels] = this.shape;
    if (!this.#keepsRaw || height === null || width === null) {
      const splits = [];
      for (const writer of this.splits) {
        splits.push({
          ...(await writer.finish()),
          ...(await writer.writeEncoded(archive, { shardBytes: this.#shardBytes, signal })),
        });
      }
      return { layout: 'encoded', shape: this.shape, splits };
    }
    const splits = [];
    for (const { writer, raw } of this.#splits.values()) {
      if (!raw) throw new Error('A split has no decoded images');
      splits.push({ ...(await writer.finish()), images: await raw.finish() });
    }
    return { layout: 'raw', shape: [height, width, channels], splits };
  }

  /** Closes the files that are still open; after `finish` there are none. */
  async discard(): Promise<void> {
    for (const { writer, raw } of this.#splits.values()) {
      await writer.discard();
      await raw?.discard();
    }
  }

  /** Adapts the layout to one more image, before it is written. */
  async #fit(example: RawExample, { height, width, channels }: CheckedImage): Promise<void> {
    this.#size ??= { height, width };
    if (height !== this.#size.height || width !== this.#size.width) this.#sizesDiffer = true;
    this.#rawBytes += height * width * 3;
    const isReplaceable = 'entry' in example.image;
    if (isReplaceable && (this.#sizesDiffer || this.#rawBytes > maxRawBytes)) await this.#giveUpRaw();
    if (channels > this.#channels) {
      this.#channels = channels;
      for (const { raw } of this.#splits.values()) await raw?.widen();
    }
  }

  async #giveUpRaw(): Promise<void> {
    this.#keepsRaw = false;
    for (const split of this.#splits.values()) {
      await split.raw?.remove();
      split.raw = null;
    }
  }

  async #splitOf(name: string, size: Size): Promise<{ writer: SplitWriter; raw: RawImages | null }> {
    const known = this.#splits.get(name);
    if (known) return known;
    const writer = await SplitWriter.create(this.#dir, this.#splits.size, name);
    const split = { writer, raw: this.#keepsRaw ? await this.#createRaw(writer, size) : null };
    this.#splits.set(name, split);
    return split;
  }

  async #createRaw(writer: SplitWriter, { height, width }: Size): Promise<RawImages> {
    const nameOf = (shard: number) => shardName((suffix) => writer.fileName(suffix), { shard, ending: 'u8' });
    const place = { dir: this.#dir, nameOf, size: { height, width }, shardBytes: this.#shardBytes };
    const earlier = this.#earlier?.files.filter(({ name }) => name.startsWith(writer.fileName('images-'))) ?? [];
    if (!this.#earlier || earlier.length === 0) return await RawImages.create({ ...place, channels: this.#channels });
    return await RawImages.create({ ...place, channels: this.#earlier.channels, earlier });
  }
}
