import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { DatasetStatistics } from '@scion/schema';
import type { ExampleSource } from '../formats/format.ts';
import type { IssueLog } from '../issue-log.ts';
import type { Duplicate } from './duplicates.ts';
import type { ExamplePlace, ExamplePlaces } from './example-places.ts';

/** Issues of one kind that are named one by one; the log counts the rest. */
const named = 100;

/** Something that found copies of earlier examples, and what such a copy has in common with its original. */
export type DuplicateSearch = {
  places: ExamplePlaces;
  exact: readonly Duplicate[];
  near: readonly Duplicate[];
  wording: { exact: string; near: string };
};

type Finding = { code: string; original: ExamplePlace; copy: ExamplePlace };

/**
 * Writes duplicates into the report: those within a split as information, those across splits (which make a test lie) and those
 * under two labels as warnings. `sourcesPath` gives the file that names the examples of a split, one JSON line each.
 */
export async function reviewDuplicates(
  { places: examples, exact, near, wording }: DuplicateSearch,
  { issues, sourcesPath }: { issues: IssueLog; sourcesPath: (split: string) => string },
): Promise<DatasetStatistics['duplicates']> {
  const toFindings = (duplicates: readonly Duplicate[], kind: string) =>
    duplicates.map((pair): Finding => {
      const [original, copy] = [examples.get(pair.original), examples.get(pair.copy)];
      return { original, copy, code: codeOf({ kind, original, copy }) };
    });
  const findings = [...toFindings(exact, 'duplicate'), ...toFindings(near, 'near-duplicate')];
  const places = await readPlaces(placesToName(findings), sourcesPath);
  for (const { code, original, copy } of findings) {
    const from = places.get(keyOf(original));
    const at = places.get(keyOf(copy));
    const what = code.startsWith('near') ? wording.near : wording.exact;
    const place = {
      split: copy.split,
      message: `It ${what} ${nameOf(from)} of ${original.split}${code.endsWith('labels-differ') ? ', under another label' : ''}`,
      ...(at && { path: at.path, row: at.row }),
    };
    if (code === 'duplicate' || code === 'near-duplicate') issues.inform(code, place);
    else issues.warn(code, place);
  }
  const acrossSplits = findings.filter(({ original, copy }) => original.split !== copy.split).length;
  return { exact: exact.length, near: near.length, acrossSplits };
}

function codeOf({ kind, original, copy }: { kind: string; original: ExamplePlace; copy: ExamplePlace }): string {
  if (original.split !== copy.split) return `${kind}-across-splits`;
  return original.label === copy.label ? kind : `${kind}-labels-differ`;
}

/** Both ends of the findings that will be listed. */
function placesToName(findings: readonly Finding[]): ExamplePlace[] {
  const counts = new Map<string, number>();
  return findings.flatMap(({ code, original, copy }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return count <= named ? [original, copy] : [];
  });
}

/** Reads the names of a few examples out of the files that name all. */
async function readPlaces(
  entries: readonly ExamplePlace[],
  sourcesPath: (split: string) => string,
): Promise<Map<string, ExampleSource>> {
  const places = new Map<string, ExampleSource>();
  for (const split of new Set(entries.map((entry) => entry.split))) {
    const wanted = new Set(entries.filter((entry) => entry.split === split).map(({ index }) => index));
    let index = 0;
    for await (const line of createInterface({
      input: createReadStream(sourcesPath(split)),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      // Written by packing itself a moment ago.
      if (wanted.has(index)) places.set(keyOf({ split, index }), JSON.parse(line) as ExampleSource);
      index++;
    }
  }
  return places;
}

function keyOf({ split, index }: Pick<ExamplePlace, 'split' | 'index'>): string {
  return `${index} ${split}`;
}

function nameOf(source: ExampleSource | undefined): string {
  if (!source) return 'another example';
  return source.row === null ? source.path : `row ${source.row} of ${source.path}`;
}
