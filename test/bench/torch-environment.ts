import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const packages = ['torch==2.15.0', 'torchvision==0.29.2', 'numpy==2.4.6', 'timm==1.0.31', 'safetensors==0.8.0'];

/** The Python of a virtual environment with PyTorch, outside the checkout: made at the first call (a large download). */
export function torchPython(): string {
  const folder = process.env['SCION_TORCH_ENV'] ?? join(homedir(), '.cache', 'scion', 'torch-2.15.0');
  const python = join(folder, 'bin', 'python');
  const isReady = existsSync(python) && spawnSync(python, ['-c', 'import timm, torch, torchvision']).status === 0;
  if (isReady) return python;
  console.log(`Setting up PyTorch in ${folder} …`);
  runOrThrow('python3', ['-m', 'venv', folder]);
  runOrThrow(python, ['-m', 'pip', 'install', '--quiet', ...packages]);
  return python;
}

function runOrThrow(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}
