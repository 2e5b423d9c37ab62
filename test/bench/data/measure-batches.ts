import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, summarize } from '../statistics.ts';
import { type StepProcess, startStepProcess } from '../step-process.ts';
import { torchPython } from '../torch-environment.ts';
import { type ImageSetName, imageSets } from './image-sets.ts';

const threads = '2';
/** The first batches of a turn lie ready, for they were read while the other side had its turn: they are not counted. */
const leadInBatches = 6;

export type BatchMeasurement = {
  set: ImageSetName;
  archive: string;
  folder: string;
  rounds: number;
  /** Images of one turn. */
  images: number;
  /** Our images a second by theirs. */
  atLeast: number;
};

/** Has both sides read and augment images in turns, and says how much faster ours is. */
export async function measureBatches({ set, archive, folder, rounds, images, atLeast }: BatchMeasurement): Promise<boolean[]> {
  const { batchSize } = imageSets[set];
  const batches = Math.max(1, Math.ceil(images / batchSize));
  const script = fileURLToPath(new URL('./load-batches.js', import.meta.url));
  const torchScript = fileURLToPath(new URL('../../../parity/data_speed.py', import.meta.url));
  const packed = join(folder, `packed-${set}`);
  const ours = startStepProcess(process.execPath, ['--enable-source-maps', script, set, archive, packed, threads]);
  const theirs = startStepProcess(torchPython(), [torchScript, '--set', set, '--archive', archive, '--packed', packed]);
  try {
    console.log(`\n${set}: batches of ${batchSize}, ${rounds} turns of ${batches} batches a side`);
    // The first batches start threads and graphs; ours are then read from the start again, with nothing kept in memory.
    await ours.run('', 2);
    const firstPass = await imagesPerSecond(ours, { variant: 'again', batches, batchSize });
    await theirs.run('', 2 * batches);
    const speeds: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let round = 1; round <= rounds; round++) {
      speeds.ours.push(await imagesPerSecond(ours, { variant: '', batches, batchSize }));
      speeds.theirs.push(await imagesPerSecond(theirs, { variant: '', batches, batchSize }));
      console.log(`round ${round}: ours ${format(speeds.ours.at(-1))}, torchvision ${format(speeds.theirs.at(-1))} images/s`);
    }
    console.log(
      `  ours, first pass: ${format(firstPass)} images/s, ${(firstPass / median(speeds.theirs)).toFixed(2)} times theirs (n = 1)`,
    );
    return [judge(set, speeds, atLeast)];
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
  }
}

async function imagesPerSecond(
  side: StepProcess,
  { variant, batches, batchSize }: { variant: string; batches: number; batchSize: number },
): Promise<number> {
  if (variant === '') await side.run(variant, leadInBatches);
  const ms = await side.run(variant, batches);
  return (1000 * batchSize * ms.length) / ms.reduce((sum, value) => sum + value, 0);
}

function judge(set: string, speeds: { ours: number[]; theirs: number[] }, atLeast: number): boolean {
  const ratios = speeds.ours.map((value, round) => value / (speeds.theirs[round] ?? Number.NaN));
  for (const [side, values] of Object.entries(speeds)) {
    const { min, max, n } = summarize(values);
    console.log(`  ${side.padEnd(7)} ${format(median(values))} images/s (${format(min)} to ${format(max)}, n = ${n})`);
  }
  const { min, max } = summarize(ratios);
  const holds = median(ratios) >= atLeast;
  console.log(
    `${holds ? 'holds ' : 'missed'}  ${set}: ${median(ratios).toFixed(2)} times torchvision (${min.toFixed(2)} to ${max.toFixed(2)}, n = ${ratios.length}), wanted at least ${atLeast}`,
  );
  return holds;
}

function format(value: number | undefined): string {
  return (value ?? Number.NaN).toFixed(0);
}
