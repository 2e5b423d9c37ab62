import { audioFolder } from './audio-folder.ts';
import { cifar } from './cifar.ts';
import { coco } from './coco.ts';
import type { DatasetFormat } from './format.ts';
import { idx } from './idx.ts';
import { imageFolder } from './image-folder.ts';
import { maskFolder } from './mask-folder.ts';
import { npz } from './npz.ts';
import { parquet } from './parquet.ts';
import { stl10 } from './stl10.ts';
import { table } from './table.ts';
import { textFolder } from './text-folder.ts';
import { voc } from './voc.ts';
import { webdataset } from './webdataset.ts';

/** Every data set format. Where an upload fits several, the first one is taken: the more particular stand first. */
export const formats = [
  cifar,
  stl10,
  idx,
  npz,
  parquet,
  voc,
  coco,
  table,
  webdataset,
  audioFolder,
  maskFolder,
  imageFolder,
  textFolder,
] as const satisfies readonly DatasetFormat[];
