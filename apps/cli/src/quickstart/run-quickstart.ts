import type { Job } from '@scion/schema';
import sharp from 'sharp';
import type { CliContext } from '../cli-context.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatShare } from '../output/quantities.ts';
import { accuracyOf, renderBar } from '../progress/job-line.ts';
import { watchJobs } from '../progress/watch-job.ts';
import { addDigits, describeDigits, type NamedDigits, readDigits } from './digit-datasets.ts';
import { countDigits, imageAt } from './digit-set.ts';
import { drawDigit } from './draw-digit.ts';
import { pretrainJob, probeJob, scratchJob } from './recipe.ts';

export type QuickstartResult = {
  datasets: { many: string; few: string };
  jobs: { pretrain: string; probe: string; scratch: string };
  /** Share of the test digits that each of the two gets right. */
  accuracy: { scratch: number; probe: number };
  model: string;
};

type Context = Pick<CliContext, 'client' | 'output' | 'commandName'>;

/** Pretrains on one set of digits, finetunes on another with one label a class, does the same from scratch, and compares. */
export async function runQuickstart(
  { client, output, commandName }: Context,
  { cacheDir, signal }: { cacheDir: string; signal: AbortSignal },
): Promise<QuickstartResult> {
  const { many, few } = await readDigits({ cacheDir, onNote: output.note });
  const [manyDataset, fewDataset] = await Promise.all([addDigits(many, client, { signal }), addDigits(few, client, { signal })]);
  output.line(`Data    ${describeDigits(many)} (${manyDataset.id})`);
  output.line(`        ${describeDigits(few)} (${fewDataset.id})\n`);

  const pretrain = await client.jobs.create(pretrainJob({ dataset: manyDataset.id }));
  const probe = await client.jobs.create(probeJob({ dataset: fewDataset.id, pretrained: pretrain.id }));
  const scratch = await client.jobs.create(scratchJob({ dataset: fewDataset.id }));
  const ended = await watchJobs(
    [
      { id: pretrain.id, label: 'pretrain' },
      { id: probe.id, label: 'finetune' },
      { id: scratch.id, label: 'from scratch' },
    ],
    { client, output, signal },
  );
  const [, probed, scratched] = ended.map((job) => requireSuccess(job, commandName));
  if (probed === undefined || scratched === undefined) throw new Error('Three jobs were watched');
  const accuracy = { probe: testAccuracy(probed), scratch: testAccuracy(scratched) };
  output.line(`\n${renderComparison({ few, accuracy }).join('\n')}\n`);
  const model = probed.result?.model ?? '';
  await predictOne({ client, output, model, few });
  return {
    datasets: { many: manyDataset.id, few: fewDataset.id },
    jobs: { pretrain: pretrain.id, probe: probe.id, scratch: scratch.id },
    accuracy,
    model,
  };
}

function requireSuccess(job: Job, commandName: string): Job {
  if (job.state === 'succeeded') return job;
  throw new CliError(`${job.name}: ${job.error?.message ?? job.state}`, {
    exitCode: exitCodes.jobFailed,
    next: `Read its log: ${commandName} job logs ${job.id}`,
  });
}

function testAccuracy(job: Job): number {
  const accuracy = accuracyOf(job.result?.metrics ?? job.metrics.latest);
  if (accuracy === null) throw new Error(`${job.id} measured no accuracy`);
  return accuracy;
}

function renderComparison({ few, accuracy }: { few: NamedDigits; accuracy: { scratch: number; probe: number } }): string[] {
  const row = (label: string, share: number) => `  ${label.padEnd(24)}${formatShare(share).padStart(7)}  ${renderBar(share, 40)}`;
  return [
    `Accuracy on ${countDigits(few.splits.test)} ${few.name} after 10 labelled ones, one of each:`,
    row('from scratch', accuracy.scratch),
    row('pretrained, finetuned', accuracy.probe),
  ];
}

async function predictOne({
  client,
  output,
  model,
  few,
}: {
  client: CliContext['client'];
  output: CliContext['output'];
  model: string;
  few: NamedDigits;
}): Promise<void> {
  const { test } = few.splits;
  const pixels = imageAt(test, 0);
  const png = await sharp(pixels, { raw: { width: test.size, height: test.size, channels: 1 } })
    .png()
    .toBuffer();
  const { predictions } = await client.models.predict(model, [png], { topK: 3 });
  const [prediction] = predictions;
  if (!prediction || !('label' in prediction)) throw new Error('The server predicted no digit');
  output.line(drawDigit(pixels, test.size).join('\n'));
  output.line(`This is a ${test.labels[0]}. The finetuned model says ${prediction.label} (${formatShare(prediction.score)}).\n`);
}
