import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sharedData } from '../support/shared-data.ts';
import { measureBatches } from './data/measure-batches.ts';
import { measurePacking } from './data/measure-packing.ts';
import { measureUpload } from './data/measure-upload.ts';

/**
 * `npm run bench:data -- [--only cifar,photos,pack,upload] [--rounds 5] [--images 20000] [--photos 1000] [--upload-mib 1024]`: how fast
 * data come in and go through.
 *
 * `cifar` and `photos` count images a second up to the batch that a first convolution can take, float32, augmented and normalised. Ours:
 * the packed data set, the trainer's loader and augmentation as a recorded graph, as a run has it. Theirs: torchvision's
 * transforms in a DataLoader with two workers, as people write it. Both have two threads, the same batch size and the same
 * augmentations, and take turns. CIFAR-10 lies in memory on both sides. Photos are JPEG files on both sides; ours are also measured
 * before any of them can have been kept decoded (`first pass`).
 * `pack` is the first packing of 60,000 JPEGs, `upload` what the API's memory grows by while a file comes in.
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'cifar,photos,pack,upload' },
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '20000' },
    photos: { type: 'string', default: '1000' },
    'upload-mib': { type: 'string', default: '1024' },
  },
});
const only = options.only.split(',');
const rounds = Number(options.rounds);
const cifar = join(sharedData, 'cifar10', 'cifar10-images.tar.gz');
const hymenoptera = join(sharedData, 'hymenoptera', 'hymenoptera_data.zip');

const folder = await mkdtemp(join(tmpdir(), 'scion-bench-data-'));
await chmod(folder, 0o755);
const verdicts: boolean[] = [];
try {
  if (isAsked('pack', cifar)) verdicts.push(...(await measurePacking({ archive: cifar, folder, rounds: Math.min(3, rounds) })));
  if (isAsked('cifar', cifar)) {
    const images = Number(options.images);
    verdicts.push(...(await measureBatches({ set: 'cifar', archive: cifar, folder, rounds, images, atLeast: 8 })));
  }
  if (isAsked('photos', hymenoptera)) {
    const images = Number(options.photos);
    verdicts.push(...(await measureBatches({ set: 'photos', archive: hymenoptera, folder, rounds, images, atLeast: 1.3 })));
  }
  if (only.includes('upload')) verdicts.push(await measureUpload({ folder, sizeMib: Number(options['upload-mib']) }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = verdicts.includes(false) ? 1 : 0;

function isAsked(part: string, archive: string): boolean {
  if (!only.includes(part)) return false;
  if (existsSync(archive)) return true;
  console.log(`skipped ${part}: no ${archive.slice(sharedData.length + 1)} in ../shared/data`);
  return false;
}
