import { dataInvalid } from './data-invalid.ts';
import { type DatasetFormat, type RawExample, unlabelled } from './format.ts';
import { isNamedLikeImage, layOut, type PlacedImage } from './image-layout.ts';

/** One encoded image a file; folders tell split and class. */
export const imageFolder: DatasetFormat = {
  id: 'image-folder',
  summary:
    'JPEG, PNG, WebP or GIF files in class folders, at the top or inside `train/`, `val/`, `test/`; without class folders unlabelled',

  detect({ entries }) {
    return entries.some(isNamedLikeImage);
  },

  async open(archive, { issues }) {
    const { images, stray } = layOut(archive.entries);
    if (images.length === 0) throw dataInvalid(null, 'There are no images in the archive');
    for (const { path } of stray) {
      issues.warn('outside-splits', { path, message: 'This file stands outside the split folders and was left out' });
    }
    // Only folders with something that is named like an image are classes: a `docs/` folder beside them is not.
    const named = images.flatMap(({ entry, className }) => (className !== null && isNamedLikeImage(entry) ? className : []));
    const classNames = [...new Set(named)].sort();
    if (classNames.length === 0)
      issues.inform('no-labels', {
        message: 'There are no class folders (one folder around everything is not a class): all images are unlabelled',
      });
    return { classNames, examples: examplesOf(images, classNames) };
  },
};

async function* examplesOf(images: readonly PlacedImage[], classNames: readonly string[]): AsyncGenerator<RawExample> {
  const labels = new Map(classNames.map((name, label) => [name, label]));
  for (const { entry, split, className } of images) {
    const label = className === null ? unlabelled : (labels.get(className) ?? unlabelled);
    yield { split, label, source: { path: entry.path, row: null }, image: { entry } };
  }
}
