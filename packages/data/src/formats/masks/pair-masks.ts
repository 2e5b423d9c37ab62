import type { ArchiveEntry } from '../../archive/archive.ts';
import { isNamedLikeImage } from '../files/file-kinds.ts';
import { splitOfName } from '../split-names.ts';

/** An image and its mask, as far as there is one. */
export type MaskPair = { image: ArchiveEntry; mask: ArchiveEntry | null; split: string };

/** `stray` are masks without an image. */
export type MaskPairs = { pairs: MaskPair[]; stray: ArchiveEntry[] };

const imageFolder = /^(?:images?|imgs?|jpegimages|photos|rgb)$/i;
const maskFolder =
  /^(?:masks?|labels?|annots?|annotations?|segmentations?|segmentationclass|gt|ground[_-]?truth|trimaps?|indexlabel)$/i;
/** A folder beside one of images, such as `trainannot`. */
const maskFolderOf = /^(?<folder>.+?)[_-]?(?:annots?|annotations?|masks?|labels?|segmentations?)$/i;
/** What the name of a mask may have more than that of its image; single letters only in a folder of masks. */
const maskEnding = /[_-](?:masks?|labels?|segmentation|seg|gt|annot)$/i;
const shortEnding = /[_-][lp]$/i;

/** A file with the place that it shares with its counterpart. */
type Placed = { entry: ArchiveEntry; isMask: boolean; key: string; folders: string[] };

/**
 * Pairs images with masks: PNG files in `masks/` beside `images/`, in `trainannot/` beside `train/`, or called `1_mask.png` beside
 * `1.jpg`. Folders above or below, such as splits, are the same for both.
 */
export function pairMasks(entries: readonly ArchiveEntry[]): MaskPairs {
  const placed = entries.filter(isNamedLikeImage).map(place);
  const masks = new Map(placed.filter(({ isMask }) => isMask).map((mask) => [mask.key, mask.entry]));
  const pairs: MaskPair[] = [];
  for (const { entry, isMask, key, folders } of placed) {
    if (isMask) continue;
    const split = folders.map(splitOfName).find((name) => name !== null) ?? 'train';
    pairs.push({ image: entry, mask: masks.get(key) ?? null, split });
    masks.delete(key);
  }
  return { pairs, stray: [...masks.values()] };
}

function place(entry: ArchiveEntry): Placed {
  const parts = entry.path.split('/');
  const name = parts.pop() ?? '';
  const stem = name.slice(0, name.lastIndexOf('.'));
  const isPng = /\.png$/i.test(name);
  const folders: string[] = [];
  let isInMaskFolder = false;
  for (const part of parts) {
    const shared = isPng ? maskFolderOf.exec(part)?.groups?.['folder'] : undefined;
    if (isPng && maskFolder.test(part)) isInMaskFolder = true;
    else if (shared !== undefined && splitOfName(shared) !== null) {
      isInMaskFolder = true;
      folders.push(shared);
    } else if (!imageFolder.test(part)) folders.push(part);
  }
  const ownStem = isPng ? stem.replace(maskEnding, '') : stem;
  const isMask = isInMaskFolder || ownStem !== stem;
  const sharedStem = isInMaskFolder ? ownStem.replace(shortEnding, '') : ownStem;
  return { entry, isMask, key: [...folders, sharedStem].join('/'), folders };
}
