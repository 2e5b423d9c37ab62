import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainLocally } from '@scion/trainer';
import { readUpload } from '../support/upload-file.ts';

/** Methods as they are, and without what keeps them from collapsing. */
export const collapseCases = {
  simsiam: { method: { type: 'simsiam' }, collapses: false },
  'simsiam without stop-gradient': { method: { type: 'simsiam', stopGradient: false }, collapses: true },
  vicreg: { method: { type: 'vicreg' }, collapses: false },
  'vicreg without variance term': { method: { type: 'vicreg', variance: 0 }, collapses: true },
  'moco-v3': { method: { type: 'moco-v3' }, collapses: false },
} as const satisfies Record<string, { method: object; collapses: boolean }>;
export type CollapseCase = keyof typeof collapseCases;

/** The data of all cases, 5,000 images of CIFAR-10, as a file in a folder. */
export async function writeCollapseData(folder: string): Promise<string> {
  const { file } = await readUpload({
    files: ['cifar10/subset/data_batch_1.bin', 'cifar10/subset/test_batch.bin', 'cifar10/subset/batches.meta.txt'],
  });
  const path = join(folder, 'cifar10.tar');
  await writeFile(path, Buffer.from(await file.arrayBuffer()));
  return path;
}

/** Trains for 8 epochs of 15 steps. Gives how it ended, the epochs that it finished, and the lowest mean of an epoch that the alarm saw. */
export async function runCollapseCase(
  name: CollapseCase,
  { seed, dataPath, folder }: { seed: number; dataPath: string; folder: string },
): Promise<{ ended: string; epochs: number; lowest: number }> {
  let [epochs, lowest] = [0, Number.POSITIVE_INFINITY];
  const { outcome } = await trainLocally({
    dataPath,
    outDir: folder,
    spec: {
      kind: 'pretrain',
      backbone: { type: 'convnet-small' },
      method: collapseCases[name].method,
      evaluate: null,
      training: { epochs: 8, batchSize: 64, stepsPerEpoch: 15, seed },
      checkpoint: { everyEpochs: null },
    },
    report: (report) => {
      if (report.type !== 'event' || report.event !== 'epoch.finished') return;
      epochs += 1;
      const watched = report.data['train/embeddingDirections'] ?? report.data['train/embeddingDeviation'];
      lowest = Math.min(lowest, Number(watched));
    },
  });
  return { ended: outcome.type === 'failed' ? outcome.code : outcome.type, epochs, lowest };
}
