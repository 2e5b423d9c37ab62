import type { CheckedFile } from './checked-file.ts';
import type { OpenFile } from './open-splits.ts';
import type { PackedPieces } from './packed-manifest.ts';

/** Reads pieces of any length, one for each example, wherever they stand in their file. */
export class PieceReader {
  readonly #content: CheckedFile;
  readonly #offsets: Float64Array;

  private constructor(content: CheckedFile, offsets: Float64Array) {
    this.#content = content;
    this.#offsets = offsets;
  }

  static async open({ content, offsets }: PackedPieces, openFile: OpenFile): Promise<PieceReader> {
    const starts = await (await openFile(offsets)).readWhole();
    return new PieceReader(await openFile(content), new Float64Array(starts.buffer));
  }

  /** The piece of one example. Throws RangeError where there is no such example. */
  async read(index: number): Promise<Uint8Array> {
    const [start, end] = [this.#offsets[index], this.#offsets[index + 1]];
    if (start === undefined || end === undefined) throw new RangeError(`There is no example ${index}`);
    return await this.#content.slice(start, end);
  }
}
