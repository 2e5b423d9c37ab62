import type { ArchiveEntry } from '../archive/archive.ts';
import { baseName } from './format.ts';
import { compareSplits, splitOfName, unlabelledSplit } from './split-names.ts';

/** A file that is meant as an image, and what its folders say about it. */
export type PlacedImage = { entry: ArchiveEntry; split: string; className: string | null };

/** `stray` are files outside every split folder. */
export type ImageLayout = { images: PlacedImage[]; stray: ArchiveEntry[] };

const imageName = /\.(?:jpe?g|jfif|png|webp|gif|bmp|tiff?|avif|heic)$/i;
const documentName =
  /^(?:readme|licen[cs]e|copying|notice|checksums?|md5sums?|sha\d+sums?)$|\.(?:txt|md|rst|csv|tsv|json|ya?ml|xml|html?|pdf)$/i;

export function isNamedLikeImage({ path }: ArchiveEntry): boolean {
  return imageName.test(path);
}

/**
 * Reads splits and classes off the folders. `train/ val/ test/ unlabelled/` are splits where there are such folders, else all is
 * `train`; the folder below is the class, and deeper folders belong to it. One folder around everything is looked through.
 * Documents beside the images (README, .txt, .csv) are passed over.
 */
export function layOut(entries: readonly ArchiveEntry[]): ImageLayout {
  const candidates = entries.filter(({ path }) => !documentName.test(baseName(path)));
  const depth = wrappingFolders(candidates.filter(isNamedLikeImage));
  const placed = candidates.map((entry) => ({ entry, folders: entry.path.split('/').slice(depth, -1) }));
  const hasSplits = hasSplitFolders(placed.filter(({ entry }) => isNamedLikeImage(entry)).map(({ folders }) => folders));
  const layout: ImageLayout = { images: [], stray: [] };
  for (const { entry, folders } of placed) {
    const [top, second] = folders;
    const split = hasSplits ? splitOfName(top ?? '') : 'train';
    if (split === null) layout.stray.push(entry);
    else layout.images.push({ entry, split, className: split === unlabelledSplit ? null : classOf(hasSplits ? second : top) });
  }
  layout.images.sort((a, b) => compareSplits(a.split, b.split));
  return layout;
}

/** A folder called `unlabelled` among class folders holds images without a class. */
function classOf(folder: string | undefined): string | null {
  return folder === undefined || splitOfName(folder) === unlabelledSplit ? null : folder;
}

/** 1 where all images stand in one folder that is not itself a split, else 0. */
function wrappingFolders(images: readonly ArchiveEntry[]): number {
  const tops = new Set(images.map(({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')));
  const [top] = tops;
  return tops.size === 1 && top && splitOfName(top) === null ? 1 : 0;
}

/** A class may be called `train`, too: such a folder is a split only if all folders are, or if it has folders of its own. */
function hasSplitFolders(folderPaths: readonly string[][]): boolean {
  const isSplit = ([top]: string[]) => top !== undefined && splitOfName(top) !== null;
  return (
    folderPaths.some(isSplit) && (folderPaths.every(isSplit) || folderPaths.some((path) => isSplit(path) && path.length > 1))
  );
}
