import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ScionError } from '@scion/schema';
import { copyFile } from '../sources/copy-file.ts';
import type { FetchRules } from '../sources/fetch-rules.ts';
import type { FetchedSource } from '../sources/fetched-source.ts';
import { type TarMember, writeTar } from '../sources/folder-tar.ts';
import { downloadFile } from '../sources/http-download.ts';
import type { CatalogEntry, CatalogFile } from './catalog-entry.ts';

const archiveName = /\.(?:tar|tar\.gz|tgz|zip)$/i;

/** One file of the entry, on this machine. `isOfficial` says that its hash is the published one. */
type LocalFile = { fileName: string; path: string; isOfficial: boolean };

/**
 * Brings a data set of the catalogue to `path`: from the mirror where it has it, else from where its makers publish it. Files of a
 * mirror may differ from the published ones, which the notes tell; fetched ones may not.
 *
 * @throws ScionError `sourceUnavailable` (also for a wrong hash), `bodyTooLarge`
 */
export async function fetchCatalogEntry(entry: CatalogEntry, path: string, rules: FetchRules): Promise<FetchedSource> {
  const parts: string[] = [];
  try {
    const fetchFile = async (file: CatalogFile, number: number): Promise<LocalFile> => {
      const part = `${path}.part-${number}`;
      parts.push(part);
      return await fetchOne({ entry, file, path: part, rules });
    };
    const files = (await findInMirrorFolder(entry, rules.catalogMirror)) ?? (await inOrder(entry.files, fetchFile));
    const [single] = files;
    const isArchive = files.length === 1 && single !== undefined;
    const written = isArchive
      ? await copyFile(single.path, { path, maxBytes: rules.maxBytes })
      : await writeTar(files.map(toMember(entry)), { path, maxBytes: rules.maxBytes });
    const differing = files.filter(({ isOfficial }) => !isOfficial).map(({ fileName }) => fileName);
    return { ...written, fileName: isArchive ? single.fileName : `${entry.name}.tar`, notes: notesOn(differing) };
  } finally {
    for (const part of parts) await rm(part, { force: true });
  }
}

function notesOn(differing: readonly string[]): FetchedSource['notes'] {
  return differing.map((fileName) => ({
    code: 'catalog-file-differs',
    severity: 'info',
    split: null,
    path: fileName,
    row: null,
    message: 'This file of the mirror could not be told to be the published one: its SHA-256 differs, or none is known',
  }));
}

const toMember =
  (entry: CatalogEntry) =>
  ({ fileName, path }: LocalFile): TarMember => ({ name: `${entry.name}/${fileName}`, path });

/**
 * The entry's files in a mirror folder: all under their published names, or, where there is one archive only, under whatever name
 * it has. Null where there is no such folder, or not all of them.
 */
async function findInMirrorFolder({ name, files }: CatalogEntry, mirror: string | null): Promise<LocalFile[] | null> {
  if (mirror === null || isHttp(mirror)) return null;
  const folder = join(mirror.startsWith('file:') ? fileURLToPath(mirror) : resolve(mirror), name);
  const names: string[] = await readdir(folder).catch(() => []);
  const found = files.filter(({ fileName }) => names.includes(fileName));
  if (found.length === files.length) {
    return await inOrder(files, async ({ fileName, sha256 }) => {
      const path = join(folder, fileName);
      return { fileName, path, isOfficial: sha256 !== null && (await hashOf(path)) === sha256 };
    });
  }
  const [archive, ...others] = names.filter((file) => archiveName.test(file));
  if (archive === undefined || others.length > 0 || files.length > 1) return null;
  const path = join(folder, archive);
  return (await stat(path)).isFile() ? [{ fileName: basename(archive), path, isOfficial: false }] : null;
}

async function fetchOne(wanted: { entry: CatalogEntry; file: CatalogFile; path: string; rules: FetchRules }): Promise<LocalFile> {
  const { entry, file, path, rules } = wanted;
  const { fileName, sha256 } = file;
  if (rules.catalogMirror !== null && isHttp(rules.catalogMirror)) {
    const url = `${rules.catalogMirror.replace(/\/$/, '')}/${entry.name}/${fileName}`;
    // The operator chose this address, so it may stand in the own network.
    const fetched = await downloadFile(url, { path, rules: { ...rules, allowPrivateAddresses: true } }).catch(
      nullWhenUnavailable,
    );
    if (fetched) return { fileName, path, isOfficial: fetched.sha256 === sha256 };
  }
  const fetched = await downloadFile(file.url, { path, rules });
  if (sha256 === null || fetched.sha256 === sha256) return { fileName, path, isOfficial: true };
  throw new ScionError('sourceUnavailable', `${file.url} is not the published file: its SHA-256 is ${fetched.sha256}`);
}

function nullWhenUnavailable(error: unknown): null {
  if (error instanceof ScionError && error.code === 'sourceUnavailable') return null;
  throw error;
}

function isHttp(mirror: string): boolean {
  return /^https?:/.test(mirror);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function inOrder<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, item] of items.entries()) results.push(await work(item, index));
  return results;
}
