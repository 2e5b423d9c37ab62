import type { CatalogName } from '@scion/schema';

/** A file as its makers publish it. `sha256` is null where no certain value is known. */
export type CatalogFile = { fileName: string; url: string; sha256: string | null };

/** A public data set: several files are put into one tar, a single one is an archive already. */
export type CatalogEntry = {
  name: CatalogName;
  title: string;
  homepage: string;
  licence: string;
  citation: string;
  /** Id of the data set format that its files are in, or `auto`. */
  format: string;
  files: readonly CatalogFile[];
};
