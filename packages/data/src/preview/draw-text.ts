import sharp from 'sharp';
import type { Pixels } from '../image/pixels.ts';

export const lineHeight = 18;
/** Dots to an inch, which make ten points high enough for a line. */
const dpi = 96;
/** Characters of the font at hand are some pixels wide; a line of more than fit is drawn smaller. */
const pixelsPerCharacter = 7.2;

/** One line of text in the machine's own sans-serif font, cut to the width that there is, black on white. */
export async function drawText(text: string, width: number): Promise<Pixels> {
  const fitting = Math.floor(width / pixelsPerCharacter);
  const characters = [...text.slice(0, 2 * fitting + 2).replace(/[\p{Cc}\p{Cf}]/gu, ' ')];
  const short = characters.length > fitting ? `${characters.slice(0, fitting - 1).join('')}…` : characters.join('');
  const escaped = short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const drawn = await sharp({ text: { text: escaped || ' ', font: 'sans 10', rgba: true, dpi } })
    .png()
    .toBuffer();
  const { data, info } = await sharp(drawn)
    .resize({ width, height: lineHeight, fit: 'contain', position: 'left top', withoutEnlargement: true, background: '#ffffff' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { height: info.height, width: info.width, channels: 3, data };
}
