import type { DatasetReport } from '@scion/schema';
import { decodeMask, resizeMask } from '../image/mask.ts';
import type { Size } from '../image/pixels.ts';
import type { OpenFile } from './open-splits.ts';
import type { PackedPieces } from './packed-manifest.ts';
import { PieceReader } from './piece-reader.ts';

/** Label of pixels that belong to no class. */
export const ignoredPixel = 255;

/** The masks of one split. */
export type MaskSource = {
  /** Names of the classes in label order. */
  readonly classNames: readonly string[];
  /**
   * Fills `out`, uint8 [indices.length, height, width], with labels of pixels: indices into `classNames`, or 255 for pixels of no
   * class and for examples without a mask. Masks of another size take the value of the nearest pixel.
   */
  read(indices: ArrayLike<number>, out: Uint8Array, size: Size): Promise<void>;
};

/** Opens the masks of a split, whose classes the report tells. */
export async function openMasks(
  files: PackedPieces,
  { report, openFile }: { report: DatasetReport; openFile: OpenFile },
): Promise<MaskSource> {
  const pieces = await PieceReader.open(files, openFile);
  const classes = report.maskClasses ?? [];
  const labels = new Uint8Array(256).fill(ignoredPixel);
  for (const [label, { value }] of classes.entries()) labels[value] = label;
  const readOne = async (index: number, out: Uint8Array, size: Size) => {
    const png = await pieces.read(index);
    if (png.length === 0) out.fill(ignoredPixel);
    else out.set(resizeMask(await decodeMask(png), size).data.map((value) => labels[value] ?? ignoredPixel));
  };
  return {
    classNames: classes.map(({ name }) => name),
    async read(indices, out, size) {
      const maskBytes = size.height * size.width;
      if (out.length !== indices.length * maskBytes) {
        throw new RangeError(`${indices.length} masks of ${maskBytes} bytes do not fit a buffer of ${out.length} bytes`);
      }
      const places = Array.from(indices, (index, i) => ({ index, part: out.subarray(i * maskBytes, (i + 1) * maskBytes) }));
      await Promise.all(places.map(({ index, part }) => readOne(index, part, size)));
    },
  };
}
