import { availableParallelism } from 'node:os';
import type { Archive } from '../archive/archive.ts';
import type { RawExample } from '../formats/format.ts';
import { restrictDecoders } from '../image/restrict-decoders.ts';
import { miniatureBytes, wordsPerHash } from '../report/fingerprint.ts';
import { ThreadPool } from '../threads/thread-pool.ts';
import type { CheckAnswer, CheckItem, CheckTask, ImageFacts } from './check-messages.ts';
import type { Checked } from './pack-work.ts';

/** An image that can be decoded: its size, its fingerprint and, where they were wanted and had room, its pixels. */
export type CheckedImage = ImageFacts & {
  hash: Uint32Array;
  miniature: Uint8Array;
  /** uint8 [height, width, channel] */
  data: Uint8Array | null;
  /** Whether an earlier try has put its pixels where they belong. */
  isPacked: boolean;
};

/** More threads would wait for the one that writes. */
const maxThreads = 8;
/** Images of one message: enough that the message costs next to nothing, few enough that all threads have some. */
const imagesPerTask = 64;
/** Images that are checked ahead of the one that is written next: so many, or fewer where they are large. */
const maxImagesAhead = 512;
const pixelBytesAhead = 48 * 2 ** 20;
/** What an image is taken to be before the first one is decoded. */
const assumedPixelBytes = 2 ** 20;

type Waiting = {
  item: CheckItem;
  example: RawExample;
  resolve: (checked: Checked<CheckedImage>) => void;
  reject: (error: unknown) => void;
};

/** Decodes the images of an upload, to know that training will be able to: in threads, many images in one message. */
export class ImageChecker {
  readonly #archive: Archive;
  readonly #pool: ThreadPool<CheckTask, CheckAnswer>;
  #queue: Waiting[] = [];
  #largestPixelBytes = 0;

  constructor(archive: Archive, { threads = Math.min(maxThreads, availableParallelism()) } = {}) {
    this.#archive = archive;
    restrictDecoders();
    this.#pool = new ThreadPool({ script: new URL('./check-thread.js', import.meta.url), threads });
  }

  /** Whether the pixels are to come along; to be set to false once nobody needs them. */
  wantsPixels = true;

  /** How many images may be under way, for memory's sake. */
  get imagesAhead(): number {
    const room = Math.floor(pixelBytesAhead / (this.#largestPixelBytes || assumedPixelBytes));
    return Math.max(2 * this.#pool.size, Math.min(room, maxImagesAhead));
  }

  /** Checks an image. It is sent off with those that are asked for in the same turn of the event loop. */
  check(example: RawExample): Promise<Checked<CheckedImage>> {
    return new Promise((resolve, reject) => {
      if (this.#queue.length === 0) setImmediate(() => this.#send());
      this.#queue.push({ item: this.#itemOf(example), example, resolve, reject });
      if (this.#queue.length === imagesPerTask) this.#send();
    });
  }

  /** The pixels of an image that could be decoded, where they did not come along. */
  async decode(example: RawExample): Promise<Uint8Array> {
    if ('pixels' in example.image) return example.image.pixels.data;
    const { pixels } = await this.#pool.run({ items: [this.#itemOf(example)], wantsPixels: true });
    return pixels;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #send(): void {
    const sent = this.#queue;
    if (sent.length === 0) return;
    this.#queue = [];
    const task = { items: sent.map(({ item }) => item), wantsPixels: this.wantsPixels };
    this.#pool.run(task).then(
      (answer) => {
        for (const [index, { example, resolve }] of sent.entries()) resolve(this.#resultOf(answer, index, example));
      },
      (error: unknown) => {
        for (const { reject } of sent) reject(error);
      },
    );
  }

  #resultOf(answer: CheckAnswer, index: number, { image }: RawExample): Checked<CheckedImage> {
    const facts = answer.facts[index];
    if (!facts) throw new Error('A thread left out an image');
    if ('code' in facts) return { fault: facts };
    const pixelBytes = facts.height * facts.width * facts.channels;
    this.#largestPixelBytes = Math.max(this.#largestPixelBytes, pixelBytes);
    const start = answer.starts[index] ?? -1;
    const sent = start < 0 ? null : answer.pixels.subarray(start, start + pixelBytes);
    const content = {
      ...facts,
      hash: answer.hashes.subarray(index * wordsPerHash, (index + 1) * wordsPerHash),
      miniature: answer.miniatures.subarray(index * miniatureBytes, (index + 1) * miniatureBytes),
      data: 'pixels' in image ? image.pixels.data : sent,
      isPacked: false,
    };
    return { content };
  }

  #itemOf({ image }: RawExample): CheckItem {
    if ('entry' in image) return { place: this.#archive.locate(image.entry) };
    // A view is copied as a whole with all that it is a view of.
    if ('bytes' in image) return { bytes: image.bytes.slice() };
    return { pixels: { ...image.pixels, data: image.pixels.data.slice() } };
  }
}
