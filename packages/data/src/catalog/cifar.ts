import type { CatalogEntry } from './catalog-entry.ts';

const shared = {
  homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  licence: 'none stated by the authors',
  citation: 'Krizhevsky, A. (2009). Learning Multiple Layers of Features from Tiny Images. University of Toronto.',
  format: 'cifar',
} as const;

export const cifar10: CatalogEntry = {
  name: 'cifar10',
  title: 'CIFAR-10: 60,000 colour photos of 32×32 in 10 classes',
  ...shared,
  files: [
    {
      fileName: 'cifar-10-binary.tar.gz',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    },
  ],
};

export const cifar100: CatalogEntry = {
  name: 'cifar100',
  title: 'CIFAR-100: 60,000 colour photos of 32×32 in 100 classes',
  ...shared,
  files: [
    {
      fileName: 'cifar-100-binary.tar.gz',
      url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
      sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
    },
  ],
};
