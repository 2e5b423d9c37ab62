import type { SplitSummary } from '@scion/schema';
import { backbones } from '../models/index.ts';
import { entryOf } from '../registry.ts';
import { CreateJob } from '../spec.ts';

/** A method with settings, and why it was taken. */
type Choice = { method: { type: string } & Record<string, unknown>; methodReason: string };

/** What the choice goes by. */
type Situation = {
  /** Images of the split. */
  examples: number;
  /** Images that one forward pass sees. */
  batchSize: number;
  /** Of the run; null where the time decides. */
  steps: number | null;
  maxMinutes: number | null;
  /** Whether the backbone cuts images into patches. */
  hasPatches: boolean;
};

/** Each rule with its source; docs/pretraining.md tells them. */
function chooseMethod({ examples, batchSize, steps, maxMinutes, hasPatches }: Situation): Choice {
  const isLong = steps === null ? (maxMinutes ?? 0) >= 60 : steps >= 10_000;
  if (hasPatches && batchSize >= 256)
    return choice('moco-v3', 'the backbone is a vision transformer, for which it was made, and the batch is large enough');
  if (hasPatches)
    return choice('dino', 'the backbone is a vision transformer, and of the methods for one it bears small batches best');
  if (batchSize < 64) {
    const queue = queueFor(examples);
    return choice('moco-v2', `a batch of ${batchSize} has few images to compare with: a queue of ${queue} gives more`, { queue });
  }
  if (isLong) return choice('byol', 'the run is long, and in long ones it leads published comparisons');
  return choice('simclr', 'the run is short, and it needs no slow double that first has to learn');
}

/** The largest power of two that is at most half the images, so that a queue seldom holds the image that is asked for; 4,096 at most. */
function queueFor(examples: number): number {
  return Math.max(16, Math.min(4096, 2 ** Math.floor(Math.log2(Math.max(examples, 2) / 2))));
}

function choice(type: string, why: string, settings: Record<string, unknown> = {}): Choice {
  return { method: { type, ...settings }, methodReason: `${type}: ${why}` };
}

/** The job with a method in the place of `auto`. A function of the job and the data, so that the same request always gets the same. */
export function withChosenMethod(
  job: CreateJob,
  { backbone, splits }: { backbone: { type: string }; splits: Readonly<Record<string, SplitSummary>> },
): { job: CreateJob; methodReason?: string } {
  if (job.method.type !== 'auto') return { job };
  const { batchSize, devices, epochs, stepsPerEpoch, accumulate, maxMinutes } = job.training;
  const examples = splits[job.dataset.split]?.examples ?? 0;
  const steps = epochs * (stepsPerEpoch ?? Math.ceil(examples / (batchSize * accumulate)));
  const { method, methodReason } = chooseMethod({
    examples,
    batchSize: Math.floor(batchSize / devices),
    steps: maxMinutes === null ? steps : null,
    maxMinutes,
    // Whether there are patches does not go by the size of images; every backbone takes this one.
    hasPatches: entryOf(backbones, backbone.type).create(backbone, [224, 224, 3]).tokens !== undefined,
  });
  return { job: CreateJob.parse({ ...job, method }), methodReason };
}
