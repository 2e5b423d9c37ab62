import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { usePlainJavaScript, useWasm } from './backends/fallback.ts';
import { officialBindingPath, useTensorflow } from './backends/tensorflow.ts';
import { findRuntime, runtimeRoot } from './runtime/locate.ts';

export const deviceChoices = ['auto', 'gpu', 'cpu', 'wasm', 'plain'] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** What trains: which backend runs the ops, and why that one. */
export type Device = {
  backend: 'tensorflow-gpu' | 'tensorflow-cpu' | 'wasm' | 'plain';
  /** One line for people: what runs and where it comes from. */
  description: string;
  /** What is missing for a faster device; null where nothing is. */
  warning: string | null;
};

export type OpenDeviceOptions = { choice?: DeviceChoice; runtimeDir?: string; threads?: number | null };

let opened: Promise<Device> | null = null;

/**
 * Starts the fastest backend that this machine has, once a process: CUDA, then TensorFlow on the CPU, then WebAssembly.
 *
 * @throws Error where `choice` names a device that is not there
 */
export function openDevice(options: OpenDeviceOptions = {}): Promise<Device> {
  opened ??= startDevice(options);
  return opened;
}

async function startDevice({ choice = 'auto', runtimeDir, threads = null }: OpenDeviceOptions): Promise<Device> {
  if (choice === 'plain') {
    await usePlainJavaScript();
    return { backend: 'plain', description: 'plain JavaScript (for tests only)', warning: null };
  }
  if (choice !== 'wasm') {
    const device = await startTensorflow({ choice, root: runtimeDir ?? runtimeRoot(), threads });
    if (device && (choice !== 'gpu' || device.backend === 'tensorflow-gpu')) return device;
    if (choice !== 'auto') throw new Error(`The device "${choice}" is not set up here: run "npm run scion -- doctor" to see why`);
  }
  await useWasm();
  const warning =
    choice === 'wasm'
      ? null
      : 'TensorFlow is not set up, so training is several times slower: "npm run scion -- doctor" says why';
  return { backend: 'wasm', description: 'WebAssembly (tfjs-backend-wasm)', warning };
}

type TensorflowOptions = { choice: 'auto' | 'gpu' | 'cpu'; root: string; threads: number | null };

async function startTensorflow({ choice, root, threads }: TensorflowOptions): Promise<Device | null> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // On by itself only where the CPU has AVX512 or AMX; with AVX2 it is quicker too (convolutions and their gradients).
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  if (threads !== null) process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  // One op at a time has all threads to itself: two at once get into each other's way (docs/benchmarks.md).
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1';
  const wantsGpu = choice === 'gpu' || (choice === 'auto' && hasGpu());
  if (choice === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '';
  for (const gpu of wantsGpu ? [true, false] : [false]) {
    const runtime = await findRuntime({ root, gpu });
    if (runtime) return describeTensorflow(await useTensorflow(runtime.bindingPath), { source: 'set up by Scion', wantsGpu });
  }
  const official = officialBindingPath();
  if (!existsSync(official)) return null;
  return describeTensorflow(await useTensorflow(official), { source: "the npm package's own binary", wantsGpu });
}

function describeTensorflow(
  loaded: { version: string; gpu: boolean },
  { source, wantsGpu }: { source: string; wantsGpu: boolean },
): Device {
  const place = loaded.gpu ? 'GPU' : 'CPU';
  return {
    backend: loaded.gpu ? 'tensorflow-gpu' : 'tensorflow-cpu',
    description: `TensorFlow ${loaded.version} on the ${place} (${source})`,
    warning:
      wantsGpu && !loaded.gpu
        ? 'A GPU is here but TensorFlow does not use it: set it up with "npm run scion -- doctor --setup --gpu"'
        : null,
  };
}

/** TensorFlow's names of what a step can be spread over: the GPUs that this process may use, or else the CPU. */
export function deviceNames({ backend }: Device, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  if (backend !== 'tensorflow-gpu') return ['/device:CPU:0'];
  return Array.from({ length: gpuCount(env) }, (_, index) => `/device:GPU:${index}`);
}

/** Whether the NVIDIA driver lists a GPU that this process may use. */
export function hasGpu(env: NodeJS.ProcessEnv = process.env): boolean {
  return gpuCount(env) > 0;
}

function gpuCount(env: NodeJS.ProcessEnv): number {
  const chosen = env['CUDA_VISIBLE_DEVICES']?.split(',').map((name) => name.trim());
  const end = chosen?.findIndex((name) => name === '' || name === '-1') ?? -1; // the driver stops reading there
  const mostVisible = end === -1 ? (chosen?.length ?? Number.POSITIVE_INFINITY) : end;
  return mostVisible === 0 ? 0 : Math.min(presentGpus(), mostVisible);
}

function presentGpus(): number {
  try {
    const listed = execFileSync('nvidia-smi', ['-L'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 5000 });
    return listed.match(/^GPU \d+:/gm)?.length ?? 0;
  } catch {
    return 0; // no driver here
  }
}
