import type { CatalogEntry, CatalogFile } from './catalog-entry.ts';

/** The four files that MNIST and the sets in its form consist of, at `baseUrl`. */
function idxFiles(baseUrl: string, sha256: readonly [string, string, string, string]): CatalogFile[] {
  const names = [
    'train-images-idx3-ubyte.gz',
    'train-labels-idx1-ubyte.gz',
    't10k-images-idx3-ubyte.gz',
    't10k-labels-idx1-ubyte.gz',
  ];
  return names.map((fileName, i) => ({ fileName, url: `${baseUrl}/${fileName}`, sha256: sha256[i] ?? null }));
}

export const mnist: CatalogEntry = {
  name: 'mnist',
  title: 'MNIST: 70,000 handwritten digits of 28×28',
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  licence: 'CC BY-SA 3.0, as usually stated',
  citation: 'LeCun, Y., Bottou, L., Bengio, Y., Haffner, P. (1998). Gradient-based learning applied to document recognition.',
  format: 'idx',
  // The makers' own server answers 403 to programs; this copy is the one that TensorFlow and PyTorch point to.
  files: idxFiles('https://storage.googleapis.com/cvdf-datasets/mnist', [
    '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
    '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
    '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
    'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
  ]),
};

export const fashionMnist: CatalogEntry = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST: 70,000 pictures of clothes of 28×28 in 10 classes',
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  licence: 'MIT',
  citation: 'Xiao, H., Rasul, K., Vollgraf, R. (2017). Fashion-MNIST. arXiv:1708.07747.',
  format: 'idx',
  files: idxFiles('http://fashion-mnist.s3-website.eu-central-1.amazonaws.com', [
    '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
    'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
    '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
    '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
  ]),
};
