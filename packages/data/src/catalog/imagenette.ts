import type { CatalogEntry } from './catalog-entry.ts';

export const imagenette: CatalogEntry = {
  name: 'imagenette',
  title: 'Imagenette (160 px): 13,394 photos of 10 easy classes of ImageNet',
  homepage: 'https://github.com/fastai/imagenette',
  licence: 'Apache 2.0 (the images are of ImageNet: non-commercial research)',
  citation: 'Howard, J. (2019). Imagenette. https://github.com/fastai/imagenette',
  format: 'image-folder',
  files: [
    {
      fileName: 'imagenette2-160.tgz',
      url: 'https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz',
      sha256: '64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5',
    },
  ],
};
