import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

/** One device that an attempt may use. */
export type Slot = {
  /** `cpu`, or `gpu:` and its number. */
  device: string;
  /** What makes a trainer see this device only. */
  environment: Readonly<Record<string, string>>;
  /** Threads that the trainer should use; null for all. */
  threads: number | null;
};

/**
 * One slot for each visible GPU, or one CPU slot where there is none. `count` overrides how many: then GPUs are shared in turn, or
 * the threads of the CPU divided.
 */
export async function detectSlots({
  environment,
  count,
}: {
  environment: NodeJS.ProcessEnv;
  count?: number | undefined;
}): Promise<Slot[]> {
  return planSlots({ gpus: await visibleGpus(environment), count, cpuThreads: availableParallelism() });
}

/** A pure function of what the machine has. */
export function planSlots({
  gpus,
  count,
  cpuThreads,
}: {
  gpus: readonly string[];
  count: number | undefined;
  cpuThreads: number;
}): Slot[] {
  const slots = count ?? Math.max(gpus.length, 1);
  return Array.from({ length: slots }, (_, i): Slot => {
    const gpu = gpus[i % Math.max(gpus.length, 1)];
    if (gpu !== undefined) return { device: `gpu:${gpu}`, environment: { CUDA_VISIBLE_DEVICES: gpu }, threads: null };
    const threads = slots === 1 ? null : Math.max(Math.floor(cpuThreads / slots), 1);
    return { device: 'cpu', environment: { CUDA_VISIBLE_DEVICES: '' }, threads };
  });
}

/** Numbers (or names) of the GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` writes them. */
async function visibleGpus(environment: NodeJS.ProcessEnv): Promise<string[]> {
  const present = await listGpus();
  const chosen = environment['CUDA_VISIBLE_DEVICES'];
  if (present.length === 0 || chosen === undefined) return present;
  const names = chosen.split(',').map((name) => name.trim());
  const end = names.findIndex((name) => name === '' || name === '-1'); // The driver stops reading there
  return end === -1 ? names : names.slice(0, end);
}

async function listGpus(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', ['-L'], { timeout: 5000 });
    return [...stdout.matchAll(/^GPU (\d+):/gm)].flatMap((match) => match[1] ?? []);
  } catch {
    return []; // No driver here
  }
}
