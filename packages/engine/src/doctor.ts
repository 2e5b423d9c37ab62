import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { officialBindingPath } from './backends/tensorflow.ts';
import { type Device, type DeviceChoice, hasGpu } from './device.ts';
import { findRuntime, runtimeRoot } from './runtime/locate.ts';
import type { SelfTestResult } from './self-test.ts';

const run = promisify(execFile);

export type Diagnosis = {
  node: string;
  platform: string;
  cores: number;
  memoryGiB: number;
  gpu: boolean;
  runtime: { folder: string; tensorflow: string; compiler: string } | null;
  officialBinary: string | null;
  /** The device that trains here; null where none starts, `problem` then says why. */
  device: Device | null;
  problem: string | null;
  selfTest: SelfTestResult[] | null;
};

/** What trains on this machine, and why. The device is opened in a child process, so that a crash of a native part is reported. */
export async function diagnose(options: { selfTest?: boolean; choice?: DeviceChoice } = {}): Promise<Diagnosis> {
  const root = runtimeRoot();
  const gpu = hasGpu();
  const runtime = (gpu ? await findRuntime({ root, gpu: true }) : null) ?? (await findRuntime({ root, gpu: false }));
  const official = officialBindingPath();
  const probe = await probeDevice(options);
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    gpu,
    runtime: runtime && { folder: runtime.folder, tensorflow: runtime.record.tensorflow, compiler: runtime.record.compiler },
    officialBinary: existsSync(official) ? official : null,
    ...probe,
  };
}

async function probeDevice(options: {
  selfTest?: boolean;
  choice?: DeviceChoice;
}): Promise<Pick<Diagnosis, 'device' | 'problem' | 'selfTest'>> {
  const script = fileURLToPath(new URL('./probe-process.js', import.meta.url));
  const args = [script, '--device', options.choice ?? 'auto', ...(options.selfTest ? ['--selftest'] : [])];
  try {
    const { stdout } = await run(process.execPath, args, { timeout: 120_000 });
    const found = JSON.parse(stdout) as { device: Device; selfTest: SelfTestResult[] | null };
    return { device: found.device, selfTest: found.selfTest, problem: null };
  } catch (error) {
    const { signal, stderr } = error as { signal?: string | null; stderr?: string };
    const reason = signal
      ? `it was ended by ${signal}`
      : (stderr
          ?.trim()
          .split('\n')
          .findLast((line) => line.includes('Error')) ?? String(error));
    return { device: null, selfTest: null, problem: `The device did not start: ${reason}` };
  }
}
