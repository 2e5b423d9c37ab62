import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DeviceChoice, openDevice } from '@scion/engine';
import { augmentEagerly, type Batch, everyAugmentation } from './augment/every-augmentation.fixture.ts';

/** What every augmentation gives, by the augmentation and batch, and by the name of the output. */
export type DeviceResults = Record<string, Record<string, number[]>>;

const self = fileURLToPath(import.meta.url);

/** A process has one device, so each is asked in a process of its own. */
export async function augmentOnDevice(choice: DeviceChoice, batches: readonly Batch[]): Promise<DeviceResults> {
  const child = fork(self, [choice, JSON.stringify(batches)]);
  const [[results]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [[DeviceResults], unknown];
  return results;
}

if (process.argv[1] === self) {
  const [choice, batches] = process.argv.slice(2) as [DeviceChoice, string];
  await openDevice({ choice });
  const results: DeviceResults = {};
  for (const { id, augmentation } of everyAugmentation) {
    for (const batch of JSON.parse(batches) as Batch[]) {
      results[`${id} on ${batch.count} images of ${batch.channels} channels`] = augmentEagerly(augmentation, batch, 1);
    }
  }
  process.send?.(results, undefined, undefined, () => process.disconnect());
}
