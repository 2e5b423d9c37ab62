import type { CatalogEntry } from './catalog-entry.ts';

export const stl10: CatalogEntry = {
  name: 'stl10',
  title: 'STL-10: 13,000 labelled and 100,000 unlabelled colour photos of 96×96 in 10 classes',
  homepage: 'https://cs.stanford.edu/~acoates/stl10/',
  licence: 'none stated by the authors (images from ImageNet)',
  citation:
    'Coates, A., Lee, H., Ng, A. Y. (2011). An Analysis of Single-Layer Networks in Unsupervised Feature Learning. AISTATS.',
  format: 'stl10',
  files: [
    {
      fileName: 'stl10_binary.tar.gz',
      url: 'http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz',
      sha256: null,
    },
  ],
};
