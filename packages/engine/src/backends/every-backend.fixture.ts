import * as tf from '@tensorflow/tfjs-core';
import { findRuntime, runtimeRoot } from '../runtime/locate.ts';
import { usePlainJavaScript, useWasm } from './fallback.ts';
import { tensorflowBackendName, useTensorflow } from './tensorflow.ts';

export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** Starts every backend that this machine has. A test switches between them; TensorFlow is left out where it is not set up. */
export async function startEveryBackend(): Promise<BackendName[]> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  await usePlainJavaScript();
  await useWasm();
  const root = runtimeRoot();
  const runtime = (await findRuntime({ root, gpu: false })) ?? (await findRuntime({ root, gpu: true }));
  if (!runtime) return ['wasm', 'cpu'];
  await useTensorflow(runtime.bindingPath);
  return [tensorflowBackendName, 'wasm', 'cpu'];
}

/** Runs `compute` on a backend and gives the values of the tensor that it makes. */
export async function valuesOn(backend: BackendName, compute: () => tf.Tensor): Promise<number[]> {
  await tf.setBackend(backend);
  return [...tf.tidy(compute).dataSync()];
}
