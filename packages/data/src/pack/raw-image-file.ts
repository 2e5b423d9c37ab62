import { createReadStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { BufferedFileWriter, type WrittenFile } from '../buffered-file-writer.ts';
import { type Channels, type Pixels, repeatGrey, withChannels } from '../image/pixels.ts';

/** A growing file of decoded images of one size. It starts grey and is rewritten in colour once, if colour turns up. */
export class RawImageFile {
  readonly #path: string;
  #writer: BufferedFileWriter;
  #channels: Channels;

  private constructor(path: string, writer: BufferedFileWriter, channels: Channels) {
    this.#path = path;
    this.#writer = writer;
    this.#channels = channels;
  }

  static async create(path: string, channels: Channels): Promise<RawImageFile> {
    return new RawImageFile(path, await BufferedFileWriter.create(path), channels);
  }

  async append(image: Pixels): Promise<void> {
    await this.#writer.append(withChannels(image, this.#channels).data);
  }

  /** Turns what is written so far into 3 channels. */
  async widen(): Promise<void> {
    if (this.#channels === 3) return;
    await this.#writer.flush();
    await this.#writer.discard();
    const widerPath = `${this.#path}.wider`;
    const wider = await BufferedFileWriter.create(widerPath);
    for await (const chunk of createReadStream(this.#path) as AsyncIterable<Uint8Array>) await wider.append(repeatGrey(chunk));
    await rename(widerPath, this.#path);
    this.#writer = wider;
    this.#channels = 3;
  }

  finish(): Promise<WrittenFile> {
    return this.#writer.finish();
  }

  /** Closes the file without caring for what is buffered. */
  async discard(): Promise<void> {
    await this.#writer.discard();
  }

  async remove(): Promise<void> {
    await this.discard();
    await rm(this.#path, { force: true });
  }
}
