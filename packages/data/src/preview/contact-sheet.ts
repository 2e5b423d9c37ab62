import sharp from 'sharp';
import { type Pixels, withChannels } from '../image/pixels.ts';
import { drawText, lineHeight } from './draw-text.ts';

/** One row of the sheet: what stands to the left, and the pictures. */
export type SheetRow = { title: string; images: readonly Pixels[] };

const gap = 4;
const titleWidth = 150;
const maxRows = 60;
const background = 255;

/** A PNG with one row of pictures for each class. Rows past the sixtieth are left out. */
export async function drawContactSheet(rows: readonly SheetRow[]): Promise<Buffer> {
  const shown = rows.slice(0, maxRows);
  const rowHeights = shown.map(({ images }) => Math.max(lineHeight, ...images.map(({ height }) => height)) + gap);
  const rowWidth = ({ images }: SheetRow) => images.reduce((sum, { width }) => sum + width + gap, 0);
  const width = titleWidth + 2 * gap + Math.max(1, ...shown.map(rowWidth));
  const height = gap + rowHeights.reduce((a, b) => a + b, 0);
  const canvas = new Uint8Array(height * width * 3).fill(background);
  let top = gap;
  for (const [i, { title, images }] of shown.entries()) {
    let left = titleWidth + gap;
    for (const image of images) {
      paste(canvas, width, { image, top, left });
      left += image.width + gap;
    }
    paste(canvas, width, { image: await drawText(title, titleWidth), top, left: gap });
    top += rowHeights[i] ?? 0;
  }
  return await sharp(canvas, { raw: { height, width, channels: 3 } })
    .png()
    .toBuffer();
}

function paste(
  canvas: Uint8Array,
  canvasWidth: number,
  { image, top, left }: { image: Pixels; top: number; left: number },
): void {
  const { data, width, height } = withChannels(image, 3);
  for (let y = 0; y < height; y++) {
    canvas.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * canvasWidth + left) * 3);
  }
}
