import { dataInvalid } from './data-invalid.ts';
import { type DatasetFormat, type RawExample, unlabelled } from './format.ts';
import { readMaskValues, toMaskValues } from './masks/mask-classes.ts';
import { type MaskPair, pairMasks } from './masks/pair-masks.ts';
import { compareSplits } from './split-names.ts';

/** Images, each with a PNG that gives the class of every pixel. */
export const maskFolder: DatasetFormat = {
  id: 'mask-folder',
  summary:
    'images, each with a PNG mask of class values: `images/1.jpg` and `masks/1.png`, `train/1.png` and `trainannot/1.png`, or `1.jpg` and `1_mask.png`; perhaps `classes.txt`',

  detect({ entries }) {
    const { pairs, stray } = pairMasks(entries);
    const masked = pairs.filter(({ mask }) => mask !== null).length;
    return masked > 0 && masked >= stray.length && 2 * masked >= pairs.length;
  },

  async open(archive, { issues, maskClasses }) {
    const { pairs, stray } = pairMasks(archive.entries);
    if (!pairs.some(({ mask }) => mask !== null)) throw dataInvalid(null, 'There is no image with a mask in it');
    for (const { path } of stray) issues.warn('mask-without-image', { path, message: 'There is no image to this mask' });
    const bare = pairs.filter(({ mask }) => mask === null);
    if (bare.length > 0) issues.inform('image-without-mask', { message: `${bare.length} images have no mask` });
    const values = maskClasses ? toMaskValues(maskClasses) : await readMaskValues(archive);
    const sorted = pairs.sort((a, b) => compareSplits(a.split, b.split));
    return { modality: 'image', classNames: [], masks: { values }, examples: toExamples(sorted) };
  },
};

async function* toExamples(pairs: readonly MaskPair[]): AsyncGenerator<RawExample> {
  for (const { image, mask, split } of pairs) {
    const source = { path: image.path, row: null };
    yield { split, label: unlabelled, source, image: { entry: image }, ...(mask && { mask: { entry: mask } }) };
  }
}
