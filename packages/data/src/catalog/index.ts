import type { CatalogName } from '@scion/schema';
import type { CatalogEntry } from './catalog-entry.ts';
import { cifar10, cifar100 } from './cifar.ts';
import { fsdd } from './fsdd.ts';
import { imagenette } from './imagenette.ts';
import { fashionMnist, mnist } from './mnist.ts';
import { stl10 } from './stl10.ts';

/** Every public data set that can be added by name. Sizes and hashes are of the files that the makers publish. */
export const catalog = {
  cifar10,
  cifar100,
  'fashion-mnist': fashionMnist,
  mnist,
  stl10,
  imagenette,
  fsdd,
} as const satisfies Record<CatalogName, CatalogEntry>;
