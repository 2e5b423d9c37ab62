import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { depthwiseGradients } from './depthwise-gradients.ts';
import { registerGradientKernels } from './gradient-kernels.ts';
import { convolutionGradients, registerPlainRandom } from './plain-kernels.ts';

/** tfjs-core for Node leaves its gradient functions out; the union package registers them, in the registry that all share. */
function registerGradients(): void {
  createRequire(import.meta.url)('@tensorflow/tfjs');
}

/** Makes the WebAssembly backend tfjs's own: no native part, several times slower than TensorFlow. */
export async function useWasm(): Promise<void> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const require = createRequire(import.meta.url);
  setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist')}/`);
  registerGradients();
  registerPlainRandom('wasm');
  for (const gradients of [convolutionGradients, depthwiseGradients]) registerGradientKernels('wasm', gradients);
  if (!(await tf.setBackend('wasm'))) throw new Error('The WebAssembly backend did not start');
}

/** Makes plain JavaScript tfjs's backend: for tests only, very slow. */
export async function usePlainJavaScript(): Promise<void> {
  await import('@tensorflow/tfjs-backend-cpu');
  registerGradients();
  registerPlainRandom('cpu');
  if (!(await tf.setBackend('cpu'))) throw new Error('The JavaScript backend did not start');
}
