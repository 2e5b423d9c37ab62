import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import { type Channels, type Pixels, repeatGrey, type Size, withChannels } from '../image/pixels.ts';
import type { PackedFile } from '../packed/packed-manifest.ts';

/** `nameOf` gives the name of a shard by its number; `earlier` are the shards that stand there already. */
type RawImagesPlace = {
  dir: string;
  nameOf: (shard: number) => string;
  size: Size;
  channels: Channels;
  shardBytes: number;
  earlier?: readonly PackedFile[];
};

/** The decoded images of one split, all of one size, in shards. They start grey and are rewritten in colour once, if colour turns up. */
export class RawImages {
  readonly #place: RawImagesPlace;
  readonly #imagesPerShard: number;
  #finished: PackedFile[] = [];
  #open: { writer: BufferedFileWriter; images: number } | null = null;
  #channels: Channels;

  private constructor(place: RawImagesPlace) {
    this.#place = place;
    this.#channels = place.channels;
    this.#imagesPerShard = Math.max(1, Math.floor(place.shardBytes / (place.size.height * place.size.width * 3)));
  }

  static async create(place: RawImagesPlace): Promise<RawImages> {
    const images = new RawImages(place);
    await images.#takeOver(place.earlier ?? []);
    return images;
  }

  async append(image: Pixels): Promise<void> {
    this.#open ??= { writer: await BufferedFileWriter.create(this.#path(this.#finished.length)), images: 0 };
    await this.#open.writer.append(withChannels(image, this.#channels).data);
    this.#open.images++;
    if (this.#open.images === this.#imagesPerShard) await this.#finishShard();
  }

  /** Turns what is written so far into 3 channels. */
  async widen(): Promise<void> {
    if (this.#channels === 3) return;
    this.#channels = 3;
    for (const [shard, { name }] of this.#finished.entries()) {
      const wider = await this.#widenShard(shard);
      this.#finished[shard] = { name, ...(await wider.finish()) };
    }
    if (!this.#open) return;
    await this.#open.writer.flush();
    await this.#open.writer.discard();
    this.#open.writer = await this.#widenShard(this.#finished.length);
  }

  /** Makes durable what is written so far, and tells what that is: what `earlier` takes. */
  async checkpoint(): Promise<PackedFile[]> {
    if (!this.#open) return [...this.#finished];
    return [...this.#finished, { name: this.#place.nameOf(this.#finished.length), ...(await this.#open.writer.checkpoint()) }];
  }

  async finish(): Promise<PackedFile[]> {
    if (this.#open) await this.#finishShard();
    return this.#finished;
  }

  /** Closes the file without caring for what is buffered. */
  async discard(): Promise<void> {
    await this.#open?.writer.discard();
  }

  async remove(): Promise<void> {
    await this.discard();
    for (let shard = 0; shard <= this.#finished.length; shard++) await rm(this.#path(shard), { force: true });
    this.#finished = [];
    this.#open = null;
  }

  async #takeOver(earlier: readonly PackedFile[]): Promise<void> {
    const { height, width } = this.#place.size;
    for (const [shard, file] of earlier.entries()) {
      const images = file.sizeBytes / (height * width * this.#channels);
      if (images === this.#imagesPerShard) this.#finished.push(file);
      else this.#open = { writer: await BufferedFileWriter.reopen(this.#path(shard)), images };
    }
  }

  async #finishShard(): Promise<void> {
    if (!this.#open) return;
    this.#finished.push({ name: this.#place.nameOf(this.#finished.length), ...(await this.#open.writer.finish()) });
    this.#open = null;
  }

  /** Rewrites a shard in colour, and leaves it open. */
  async #widenShard(shard: number): Promise<BufferedFileWriter> {
    const path = this.#path(shard);
    const wider = await BufferedFileWriter.create(`${path}.wider`);
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) await wider.append(repeatGrey(chunk));
    await rename(`${path}.wider`, path);
    return wider;
  }

  #path(shard: number): string {
    return join(this.#place.dir, this.#place.nameOf(shard));
  }
}
