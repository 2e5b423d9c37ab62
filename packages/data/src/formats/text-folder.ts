import { textFiles } from './files/file-kinds.ts';
import { type PlacedExamples, placeExamples } from './files/placed-examples.ts';
import type { DatasetFormat, RawText } from './format.ts';

/** One text a file; folders tell split and class. */
export const textFolder: DatasetFormat = {
  id: 'text-folder',
  summary:
    '`.txt` files in UTF-8 in class folders, at the top or inside `train/`, `val/`, `test/`; without class folders unlabelled',

  detect({ entries, isLoneFile }) {
    return !isLoneFile && entries.some((entry) => textFiles.isNamed(entry));
  },

  async open({ entries }, context) {
    const { classNames, examples } = placeExamples(entries, { kind: textFiles, noun: 'text', mayGuess: false, context });
    return { modality: 'text', classNames, examples: toTexts(examples) };
  },
};

async function* toTexts(examples: PlacedExamples['examples']): AsyncGenerator<RawText> {
  for (const { entry, facts } of examples) yield { ...facts, text: entry };
}
