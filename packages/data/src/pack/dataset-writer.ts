import type { Archive } from '../archive/archive.ts';
import type { RawExample } from '../formats/format.ts';
import type { Channels, Pixels, Size } from '../image/pixels.ts';
import type { PackedManifest } from '../packed/packed-manifest.ts';
import { RawImageFile } from './raw-image-file.ts';
import { SplitWriter } from './split-writer.ts';

/** Decoded images are kept up to this size in all; beyond it the uploaded encoding is, and each read decodes again. */
const maxRawBytes = 4 * 2 ** 30;

type PackedImages = PackedManifest extends infer Manifest
  ? Manifest extends PackedManifest
    ? Pick<Manifest, 'layout' | 'shape' | 'splits'>
    : never
  : never;

/**
 * Takes checked examples in order and writes the packed form. It bets on images of one size and writes decoded ones; at the first
 * image of another size it drops those, and at the end copies the uploaded files instead. Both need one decoding pass.
 */
export class DatasetWriter {
  readonly #dir: string;
  readonly #splits = new Map<string, { writer: SplitWriter; raw: RawImageFile | null }>();
  #size: Size | null = null;
  #sizesDiffer = false;
  #channels: Channels = 1;
  #keepsRaw = true;
  #rawBytes = 0;

  constructor(dir: string) {
    this.#dir = dir;
  }

  get splits(): SplitWriter[] {
    return [...this.#splits.values()].map(({ writer }) => writer);
  }

  get shape(): [number | null, number | null, Channels] {
    const size = this.#sizesDiffer ? null : this.#size;
    return [size?.height ?? null, size?.width ?? null, this.#channels];
  }

  async add(example: RawExample, pixels: Pixels): Promise<void> {
    await this.#fit(example, pixels);
    const { writer, raw } = await this.#splitOf(example.split);
    await raw?.append(pixels);
    const entry = 'entry' in example.image ? example.image.entry : null;
    await writer.add({ label: example.label, source: example.source, entry });
  }

  /** Completes all files but the manifest, and describes them. */
  async finish(archive: Archive, signal: AbortSignal | undefined): Promise<PackedImages> {
    const [height, width, channels] = this.shape;
    if (!this.#keepsRaw || height === null || width === null) {
      const splits = [];
      for (const writer of this.splits) {
        splits.push({ ...(await writer.finish()), ...(await writer.writeEncoded(archive, signal)) });
      }
      return { layout: 'encoded', shape: this.shape, splits };
    }
    const splits = [];
    for (const { writer, raw } of this.#splits.values()) {
      if (!raw) throw new Error('A split has no decoded images');
      const images = { name: writer.fileName('images.u8'), ...(await raw.finish()) };
      splits.push({ ...(await writer.finish()), images });
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
  async #fit(example: RawExample, pixels: Pixels): Promise<void> {
    this.#size ??= { height: pixels.height, width: pixels.width };
    if (pixels.height !== this.#size.height || pixels.width !== this.#size.width) this.#sizesDiffer = true;
    this.#rawBytes += pixels.height * pixels.width * 3;
    const isReplaceable = 'entry' in example.image;
    if (isReplaceable && (this.#sizesDiffer || this.#rawBytes > maxRawBytes)) await this.#giveUpRaw();
    if (pixels.channels > this.#channels) {
      this.#channels = pixels.channels;
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

  async #splitOf(name: string): Promise<{ writer: SplitWriter; raw: RawImageFile | null }> {
    const known = this.#splits.get(name);
    if (known) return known;
    const writer = await SplitWriter.create(this.#dir, this.#splits.size, name);
    const raw = this.#keepsRaw ? await RawImageFile.create(writer.pathOf('images.u8'), this.#channels) : null;
    const split = { writer, raw };
    this.#splits.set(name, split);
    return split;
  }
}
