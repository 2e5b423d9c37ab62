import type { CatalogEntry } from './catalog-entry.ts';

export const fsdd: CatalogEntry = {
  name: 'fsdd',
  title: 'Free Spoken Digit Dataset: 3,000 recordings of 10 digits by 6 speakers',
  homepage: 'https://github.com/Jakobovski/free-spoken-digit-dataset',
  licence: 'CC BY-SA 4.0',
  citation: 'Jackson, Z. et al. (2018). Free Spoken Digit Dataset, v1.0.8. doi:10.5281/zenodo.1342401',
  format: 'auto',
  files: [
    {
      fileName: 'free-spoken-digit-dataset-1.0.10.tar.gz',
      // Made by the host on request, so its bytes, and their hash, may change with its version of gzip.
      url: 'https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz',
      sha256: null,
    },
  ],
};
