import type { ArchiveEntry } from '../../archive/archive.ts';
import { baseName, folderOf } from '../format.ts';

/** Files that share a name up to its first dot: an image and what is said about it. */
export type Sample = { key: string; image: ArchiveEntry | null; annotation: Annotation | null };

/** A file that labels the image beside it; of several, the first kind of `cls`, `json`, `txt` counts. */
export type Annotation = { kind: AnnotationKind; entry: ArchiveEntry };
export type AnnotationKind = (typeof annotationKinds)[number];

const annotationKinds = ['cls', 'json', 'txt'] as const;
const imageEnding = /^(?:(?:image|img|input)\.)?(?:jpe?g|png|webp|gif)$/;

/** Groups files into samples, in the order of their keys. A key is a path without what follows the first dot of its last part. */
export function groupSamples(files: readonly ArchiveEntry[]): Sample[] {
  const samples = new Map<string, Sample>();
  for (const entry of files) {
    const name = baseName(entry.path);
    const [stem = ''] = name.split('.', 1);
    const ending = name.slice(stem.length + 1).toLowerCase();
    const kind = annotationKinds.find((known) => known === ending);
    if (kind === undefined && !imageEnding.test(ending)) continue;
    const key = folderOf(entry.path) + stem;
    const sample = samples.get(key) ?? { key, image: null, annotation: null };
    if (kind === undefined) sample.image ??= entry;
    else if (outranks(kind, sample.annotation)) sample.annotation = { kind, entry };
    samples.set(key, sample);
  }
  return [...samples.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function outranks(kind: AnnotationKind, other: Annotation | null): boolean {
  return other === null || annotationKinds.indexOf(kind) < annotationKinds.indexOf(other.kind);
}
