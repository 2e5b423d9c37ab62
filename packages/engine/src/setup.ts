import { parseArgs } from 'node:util';
import { hasGpu } from './device.ts';
import { installRuntime } from './runtime/install.ts';
import { findRuntime, runtimeRoot } from './runtime/locate.ts';
import { RuntimeUnavailable } from './runtime/runtime-unavailable.ts';

/** `node dist/setup.js [--gpu]`: sets up the TensorFlow runtime, or says in one line why it cannot and what runs instead. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { gpu: { type: 'boolean', default: hasGpu() } } });
  const root = runtimeRoot();
  const say = (line: string) => process.stdout.write(`runtime: ${line}\n`);
  if (await findRuntime({ root, gpu: values.gpu })) return;
  try {
    const { record } = await installRuntime({ root, gpu: values.gpu, say });
    say(`TensorFlow ${record.tensorflow} is ready`);
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable)) throw error;
    say(`TensorFlow cannot be set up: ${error.message}. Going on with the WebAssembly backend, which is several times slower.`);
  }
}

await main();
