import { imageFiles } from './files/file-kinds.ts';
import { type PlacedExamples, placeExamples } from './files/placed-examples.ts';
import type { DatasetFormat, RawExample } from './format.ts';

/** One encoded image a file; folders tell split and class. */
export const imageFolder: DatasetFormat = {
  id: 'image-folder',
  summary:
    'JPEG, PNG, WebP or GIF files in class folders, at the top or inside `train/`, `val/`, `test/`; without class folders unlabelled',

  detect({ entries }) {
    return entries.some((entry) => imageFiles.isNamed(entry));
  },

  async open({ entries }, context) {
    const { classNames, examples } = placeExamples(entries, { kind: imageFiles, noun: 'image', mayGuess: false, context });
    return { modality: 'image', classNames, examples: toImages(examples) };
  },
};

async function* toImages(examples: PlacedExamples['examples']): AsyncGenerator<RawExample> {
  for (const { entry, facts } of examples) yield { ...facts, image: { entry } };
}
