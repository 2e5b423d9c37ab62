import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packIdxArchive, pretrainJob, readMnistDigits } from '@scion/cli';
import { trainLocally } from '@scion/trainer';
import { formatPercent, summarize } from './statistics.ts';

/**
 * `npm run bench:precision -- [--seeds 3] [--epochs 4]`: test accuracy of the quickstart's pretraining on MNIST digits in float32 and in
 * bfloat16. Most CPUs compute bfloat16 by way of float32, about ten times slower, so there are fewer epochs than in the quickstart.
 */
const atMostPoints = 0.5;
const precisions = ['float32', 'bfloat16'] as const;

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '3' }, epochs: { type: 'string', default: '4' } },
});
const epochs = Number(options.epochs);
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
if (seeds.length === 0) throw new Error('--seeds is a number from 1 up');

const folder = await mkdtemp(join(tmpdir(), 'scion-bench-'));
try {
  const archive = join(folder, 'digits.tar');
  await writeFile(archive, await packIdxArchive(await readMnistDigits()));
  const scores: Record<(typeof precisions)[number], number[]> = { float32: [], bfloat16: [] };
  for (const seed of seeds) {
    for (const precision of precisions) {
      const startedAt = performance.now();
      const score = await accuracyOf({ archive, outDir: join(folder, `${precision}-${seed}`), precision, seed });
      scores[precision].push(score);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      console.log(`seed ${seed}  ${precision.padEnd(8)}  test accuracy ${(100 * score).toFixed(2)} %  ${seconds} s`);
    }
  }
  console.log(
    `${epochs} epochs: float32 ${formatPercent(summarize(scores.float32))}, bfloat16 ${formatPercent(summarize(scores.bfloat16))}`,
  );
  const { mean, deviation, n, min, max } = summarize(differences(scores.bfloat16, scores.float32));
  const holds = Math.abs(mean) <= atMostPoints;
  const spread = `± ${deviation.toFixed(2)} (n = ${n}, ${min.toFixed(2)} to ${max.toFixed(2)})`;
  console.log(
    `${holds ? 'holds ' : 'missed'}  bfloat16 - float32, seed by seed: ${mean.toFixed(2)} ${spread} points, wanted within ${atMostPoints} either way`,
  );
  process.exitCode = holds ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** In points, which are hundredths. */
function differences(those: readonly number[], these: readonly number[]): number[] {
  return those.map((score, index) => 100 * (score - (these[index] ?? Number.NaN)));
}

type Run = { archive: string; outDir: string; precision: (typeof precisions)[number]; seed: number };

/** Trains in the given precision; the accuracy after the last epoch. */
async function accuracyOf({ archive, outDir, precision, seed }: Run): Promise<number> {
  const job = pretrainJob({ dataset: 'ds_00000000000000000000000000' });
  const training = { ...(job['training'] as object), epochs, precision, seed };
  const { outcome } = await trainLocally({
    spec: { ...job, training },
    dataPath: archive,
    outDir,
    report: () => undefined,
  });
  const accuracy = outcome.type === 'succeeded' ? outcome.metrics['test/accuracy'] : undefined;
  if (accuracy === undefined) throw new Error(JSON.stringify(outcome));
  return accuracy;
}
