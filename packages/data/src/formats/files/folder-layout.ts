import type { ArchiveEntry } from '../../archive/archive.ts';
import { compareSplits, splitOfName, unlabelledSplit } from '../split-names.ts';
import type { FileKind } from './file-kinds.ts';

/** A file that is meant as an example, and what its folders say about it. */
export type PlacedFile = { entry: ArchiveEntry; split: string; className: string | null };

/** `stray` are files outside every split folder. */
export type FolderLayout = { files: PlacedFile[]; stray: ArchiveEntry[] };

/**
 * Reads splits and classes off the folders. `train/ val/ test/ unlabelled/` are splits where there are such folders, else all is
 * `train`; the folder below is the class, and deeper folders belong to it. Folders around everything are looked through.
 */
export function layOut(entries: readonly ArchiveEntry[], kind: FileKind): FolderLayout {
  const candidates = entries.filter((entry) => kind.isMeant(entry));
  const depth = wrappingFolders(candidates.filter((entry) => kind.isNamed(entry)));
  const placed = candidates.map((entry) => ({ entry, folders: entry.path.split('/').slice(depth, -1) }));
  const hasSplits = hasSplitFolders(placed.filter(({ entry }) => kind.isNamed(entry)).map(({ folders }) => folders));
  const layout: FolderLayout = { files: [], stray: [] };
  for (const { entry, folders } of placed) {
    const [top, second] = folders;
    const split = hasSplits ? splitOfName(top ?? '') : 'train';
    if (split === null) layout.stray.push(entry);
    else layout.files.push({ entry, split, className: split === unlabelledSplit ? null : classOf(hasSplits ? second : top) });
  }
  layout.files.sort((a, b) => compareSplits(a.split, b.split));
  return layout;
}

/** A folder called `unlabelled` among class folders holds images without a class. */
function classOf(folder: string | undefined): string | null {
  return folder === undefined || splitOfName(folder) === unlabelledSplit ? null : folder;
}

/** How many folders stand around all files and are no splits. */
function wrappingFolders(files: readonly ArchiveEntry[]): number {
  const [first = [], ...others] = files.map(({ path }) => path.split('/').slice(0, -1));
  let depth = 0;
  for (const folder of first) {
    if (splitOfName(folder) !== null || others.some((folders) => folders[depth] !== folder)) break;
    depth++;
  }
  return depth;
}

/** A class may be called `train`, too: such a folder is a split only if all folders are, or if it has folders of its own. */
function hasSplitFolders(folderPaths: readonly string[][]): boolean {
  const isSplit = ([top]: string[]) => top !== undefined && splitOfName(top) !== null;
  return (
    folderPaths.some(isSplit) && (folderPaths.every(isSplit) || folderPaths.some((path) => isSplit(path) && path.length > 1))
  );
}
