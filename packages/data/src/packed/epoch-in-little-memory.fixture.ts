/**
 * Reads each of the packed images in FOLDER once, in batches and in an order that jumps about, the next batch while the last one is
 * looked at. Prints {"images", "maxRssBytes", "sum"}: `epoch-in-little-memory.fixture FOLDER MEMORY_BYTES BATCH_SIZE`.
 */
import { openPacked } from './open-packed.ts';

const [folder = '', memoryBytes = '0', batchSize = '1'] = process.argv.slice(2);
const size = Number(batchSize);
/** Has no divisor in common with the number of images, so that each comes once. */
const stride = 7919;

const dataset = await openPacked(folder, { memoryBytes: Number(memoryBytes) });
const split = dataset.split('train');
const [height, width, channels] = split.shape;
const imageBytes = (height ?? 0) * (width ?? 0) * channels;
const buffers = [0, 1].map(() => new Uint8Array(new SharedArrayBuffer(size * imageBytes)));

let sum = 0;
let ahead = readBatch(0);
for (let batch = 0; batch * size < split.length; batch++) {
  const images = await ahead;
  ahead = readBatch(batch + 1);
  for (const byte of images.subarray(0, 16)) sum += byte;
}
await ahead;
await dataset.close();
process.stdout.write(JSON.stringify({ images: split.length, maxRssBytes: process.resourceUsage().maxRSS * 1024, sum }));

async function readBatch(batch: number): Promise<Uint8Array> {
  const count = Math.max(0, Math.min(size, split.length - batch * size));
  const indices = Array.from({ length: count }, (_, i) => ((batch * size + i) * stride) % split.length);
  const out = (buffers[batch % 2] ?? new Uint8Array()).subarray(0, count * imageBytes);
  await split.read(indices, out);
  return out;
}
