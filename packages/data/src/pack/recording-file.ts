import type { Recording } from '../audio/recording.ts';
import { BufferedFileWriter } from '../buffered-file-writer.ts';
import type { PackedFile, PackedPieces } from '../packed/packed-manifest.ts';
import { PieceFile } from './piece-file.ts';
import type { SplitWriter } from './split-writer.ts';

/** The samples of a split's recordings, and the format of each. */
export class RecordingFile {
  readonly #samples: PieceFile;
  readonly #formats: BufferedFileWriter;
  readonly #formatsName: string;

  private constructor(files: { samples: PieceFile; formats: BufferedFileWriter; formatsName: string }) {
    this.#samples = files.samples;
    this.#formats = files.formats;
    this.#formatsName = files.formatsName;
  }

  static async create(dir: string, split: SplitWriter): Promise<RecordingFile> {
    const names = { content: split.fileName('samples.i16'), offsets: split.fileName('samples.f64') };
    return new RecordingFile({
      samples: await PieceFile.create(dir, names),
      formats: await BufferedFileWriter.create(split.pathOf('formats.i32')),
      formatsName: split.fileName('formats.i32'),
    });
  }

  async append({ sampleRate, channels, samples }: Recording): Promise<void> {
    await this.#samples.append(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    await this.#formats.append(new Uint8Array(Int32Array.of(sampleRate, channels).buffer));
  }

  async finish(): Promise<PackedPieces & { formats: PackedFile }> {
    return { ...(await this.#samples.finish()), formats: { name: this.#formatsName, ...(await this.#formats.finish()) } };
  }

  async discard(): Promise<void> {
    await this.#samples.discard();
    await this.#formats.discard();
  }
}
