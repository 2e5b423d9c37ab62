import type { ArchiveEntry } from '../../archive/archive.ts';
import { baseName } from '../format.ts';

const imageName = /\.(?:jpe?g|jfif|png|webp|gif|bmp|tiff?|avif|heic)$/i;
const recordingName = /\.(?:wave?|flac|mp3|ogg|oga|opus|m4a|aac|aiff?|wma|amr)$/i;
const textName = /\.txt$/i;
const documentName =
  /^(?:readme|licen[cs]e|copying|notice|checksums?|md5sums?|sha\d+sums?)(?:\.txt)?$|\.(?:txt|md|rst|csv|tsv|json|ya?ml|xml|html?|pdf)$/i;
const textDocumentName = /^(?:readme|licen[cs]e|copying|notice|classes|labels|checksums?|md5sums?|sha\d+sums?)\.txt$/i;

/** A kind of file of which a data set may have one for each example. */
export type FileKind = {
  /** Whether a file's name says that it is of this kind. */
  isNamed(entry: ArchiveEntry): boolean;
  /** Whether a file that stands among such files is meant as one, though its name may not say so. */
  isMeant(entry: ArchiveEntry): boolean;
};

export function isNamedLikeImage({ path }: ArchiveEntry): boolean {
  return imageName.test(path);
}

/** Encodings that are not read count, too: they are then reported by name. */
export function isNamedLikeRecording({ path }: ArchiveEntry): boolean {
  return recordingName.test(path);
}

function isNamedLikeText({ path }: ArchiveEntry): boolean {
  return textName.test(path) && !textDocumentName.test(baseName(path));
}

/** Documents beside images (README, .txt, .csv) are none of them. */
export const imageFiles: FileKind = { isNamed: isNamedLikeImage, isMeant: ({ path }) => !documentName.test(baseName(path)) };
export const recordingFiles: FileKind = { isNamed: isNamedLikeRecording, isMeant: isNamedLikeRecording };
export const textFiles: FileKind = { isNamed: isNamedLikeText, isMeant: isNamedLikeText };
