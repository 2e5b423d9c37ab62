import type { TextSplit } from '../packed/packed-split.ts';
import { drawText } from './draw-text.ts';
import type { Shown } from './shown.ts';

const shownCharacters = 500;
const lineWidth = 640;

/** Texts, cut where they are long; on the contact sheet the start of each on a line of its own. */
export async function showTexts(split: TextSplit, indices: readonly number[]): Promise<Shown[]> {
  const texts = await split.read(indices);
  return await Promise.all(
    texts.map(async (text) => {
      const characters = [...text.slice(0, 4 * shownCharacters)];
      const isCut = characters.length > shownCharacters || text.length > 4 * shownCharacters;
      const shown = isCut ? `${characters.slice(0, shownCharacters - 1).join('')}…` : text;
      return { content: { text: shown }, picture: await drawText(shown, lineWidth) };
    }),
  );
}
