import type { ArchiveEntry } from '../../archive/archive.ts';
import { dataInvalid } from '../data-invalid.ts';
import { type ExampleFacts, type ReadContext, unlabelled } from '../format.ts';
import type { FileKind } from './file-kinds.ts';
import { layOut, type PlacedFile } from './folder-layout.ts';
import { guessNamePattern, readName } from './name-pattern.ts';

/** A data set of one file for each example. */
export type PlacedExamples = { classNames: string[]; examples: { entry: ArchiveEntry; facts: ExampleFacts }[] };

type NamedFile = PlacedFile & { group: string | null };

/**
 * Finds split, class and group of each file of a kind: by its folders, and by its name where a pattern is given, or where `mayGuess`
 * says that names may tell the class and there are no class folders. `noun` is what one file is called. Throws `dataInvalid` where
 * there is no such file.
 */
export function placeExamples(
  entries: readonly ArchiveEntry[],
  { kind, noun, mayGuess, context }: { kind: FileKind; noun: string; mayGuess: boolean; context: ReadContext },
): PlacedExamples {
  const { issues } = context;
  const { files, stray } = layOut(entries, kind);
  if (!files.some(({ entry }) => kind.isNamed(entry))) throw dataInvalid(null, `There is no ${noun} in it`);
  for (const { path } of stray) {
    issues.warn('outside-splits', { path, message: 'This file stands outside the split folders and was left out' });
  }
  const named = readNames(files, { mayGuess, context });
  // Only folders with something that is named like it are classes: a `docs/` folder beside them is not.
  const classNames = [
    ...new Set(named.flatMap(({ entry, className }) => (className !== null && kind.isNamed(entry) ? className : []))),
  ].sort();
  if (classNames.length === 0) {
    const message = `There are no class folders (one folder around everything is not a class): all ${noun}s are unlabelled`;
    issues.inform('no-labels', { message });
  }
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const examples = named.map(({ entry, split, className, group }) => {
    const label = className === null ? unlabelled : (labels.get(className) ?? unlabelled);
    const source = { path: entry.path, row: null, ...(group !== null && { group }) };
    return { entry, facts: { split, label, source } };
  });
  return { classNames, examples };
}

function readNames(
  files: readonly PlacedFile[],
  { mayGuess, context: { issues, namePattern } }: { mayGuess: boolean; context: ReadContext },
): NamedFile[] {
  const pattern = namePattern ?? (mayGuess ? guessLabels(files) : null);
  if (pattern === null) return files.map((file) => ({ ...file, group: null }));
  if (namePattern === null) {
    const message = `There are no class folders, so file names are read as ${pattern}; namePattern says it otherwise`;
    issues.inform('labels-from-names', { message });
  }
  return files.map((file) => {
    const { split, entry, className } = file;
    const facts = readName(entry.path, pattern);
    if (facts) return { ...file, className: facts.label ?? className, group: facts.group };
    issues.warn('name-unmatched', { split, path: entry.path, message: `Its name does not fit ${pattern}` });
    return { ...file, group: null };
  });
}

function guessLabels(files: readonly PlacedFile[]): string | null {
  return files.every(({ className }) => className === null) ? guessNamePattern(files.map(({ entry }) => entry.path)) : null;
}
