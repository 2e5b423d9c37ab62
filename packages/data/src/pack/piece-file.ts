import { join } from 'node:path';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import type { PackedPieces } from '../packed/packed-manifest.ts';

type Names = { content: string; offsets: string };

/** A growing file of pieces of any length, one for each example, beside a file of where each starts. */
export class PieceFile {
  readonly #names: Names;
  readonly #content: BufferedFileWriter;
  readonly #offsets: BufferedFileWriter;

  private constructor(names: Names, content: BufferedFileWriter, offsets: BufferedFileWriter) {
    this.#names = names;
    this.#content = content;
    this.#offsets = offsets;
  }

  static async create(dir: string, names: Names): Promise<PieceFile> {
    const content = await BufferedFileWriter.create(join(dir, names.content));
    const offsets = await BufferedFileWriter.create(join(dir, names.offsets));
    const file = new PieceFile(names, content, offsets);
    await file.#noteEnd();
    return file;
  }

  /** Appends the next example's piece; an empty one for an example without. */
  async append(piece: Uint8Array): Promise<void> {
    await this.#content.append(piece);
    await this.#noteEnd();
  }

  async finish(): Promise<PackedPieces> {
    const content = { name: this.#names.content, ...(await this.#content.finish()) };
    return { content, offsets: { name: this.#names.offsets, ...(await this.#offsets.finish()) } };
  }

  /** Closes the files without caring for what is buffered. */
  async discard(): Promise<void> {
    await this.#content.discard();
    await this.#offsets.discard();
  }

  /** Closes and removes the files. */
  async remove(): Promise<void> {
    await this.#content.remove();
    await this.#offsets.remove();
  }

  async #noteEnd(): Promise<void> {
    await this.#offsets.append(new Uint8Array(Float64Array.of(this.#content.sizeBytes).buffer));
  }
}
