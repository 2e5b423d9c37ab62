import sharp from 'sharp';
import type { ImageShape } from '../../models/define-backbone.ts';

/** An image of bytes [height, width, channel], and the colour of what frames it, white where it is left out. */
export type Tile = { pixels: Uint8Array; frame?: Colour };
type Colour = readonly [number, number, number];

const white: Colour = [255, 255, 255];
/** Pixels of a frame's side, before the sheet is scaled. */
const frameWidth = 2;
/** Small images are enlarged by a whole number up to about this width, large ones made smaller. */
const shownWidth = 72;
const mostWidth = 144;

/** A PNG of rows of equally many tiles, all of one shape. Images of one channel are grey. */
export async function drawSheet(rows: readonly (readonly Tile[])[], shape: ImageShape): Promise<Buffer> {
  const [tileHeight, tileWidth] = [shape[0] + 2 * frameWidth, shape[1] + 2 * frameWidth];
  const columns = Math.max(...rows.map((tiles) => tiles.length));
  const canvas = { width: columns * tileWidth, height: rows.length * tileHeight };
  const bytes = new Uint8Array(canvas.width * canvas.height * 3).fill(255);
  for (const [row, tiles] of rows.entries()) {
    for (const [column, tile] of tiles.entries()) {
      paste(bytes, { tile, shape, canvasWidth: canvas.width, top: row * tileHeight, left: column * tileWidth });
    }
  }
  const scale = shape[1] < shownWidth ? Math.round(shownWidth / shape[1]) : Math.min(1, mostWidth / shape[1]);
  return await sharp(bytes, { raw: { ...canvas, channels: 3 } })
    .resize({ width: Math.round(canvas.width * scale), kernel: scale > 1 ? 'nearest' : 'lanczos3' })
    .png()
    .toBuffer();
}

type Place = { tile: Tile; shape: ImageShape; canvasWidth: number; top: number; left: number };

function paste(canvas: Uint8Array, { tile: { pixels, frame = white }, shape, canvasWidth, top, left }: Place): void {
  const [height, width, channels] = shape;
  for (let y = -frameWidth; y < height + frameWidth; y++) {
    for (let x = -frameWidth; x < width + frameWidth; x++) {
      const isInside = y >= 0 && y < height && x >= 0 && x < width;
      const at = ((top + y + frameWidth) * canvasWidth + left + x + frameWidth) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const from = (y * width + x) * channels + (channels === 3 ? channel : 0);
        canvas[at + channel] = (isInside ? pixels[from] : frame[channel]) ?? 0;
      }
    }
  }
}
