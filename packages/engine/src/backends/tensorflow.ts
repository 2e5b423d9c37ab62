import { createRequire } from 'node:module';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { registerTensorflowKernels } from './tensorflow-kernels.ts';

/** The part of tfjs-node's native addon that is used here. */
type Binding = {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_SHAPE: number;
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(
    id: number,
    inputIds: readonly number[],
    inputNames: string,
    outputNames: string,
  ): { id: number; shape: number[]; dtype: number }[];
};

export type OpAttribute = { name: string; type: number; value: unknown };

/** The part of tfjs-node's backend that is used here: each call runs one TensorFlow op. */
export type TensorflowBackend = tf.KernelBackend & {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: OpAttribute[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[];
  readSync(dataId: tf.DataId): tf.BackendValues;
};

const npmPackage = '@tensorflow/tfjs-node-gpu';
export const tensorflowBackendName = 'tensorflow';

/**
 * Loads the native addon at `bindingPath` and makes it tfjs's backend. The package's own entry file is passed by: it looks for its
 * binary inside node_modules only, and loads the whole tfjs union package's layers and converters with it.
 */
export async function useTensorflow(bindingPath: string): Promise<{ version: string; gpu: boolean }> {
  restoreUtilFunctions();
  const require = createRequire(import.meta.url);
  const binding = require(bindingPath) as Binding;
  require(`${npmPackage}/dist/register_all_kernels`);
  const { NodeJSKernelBackend } = require(`${npmPackage}/dist/nodejs_kernel_backend`) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => TensorflowBackend;
  };
  const backend = new NodeJSKernelBackend(binding, npmPackage);
  tf.registerBackend(tensorflowBackendName, () => backend, 3);
  registerTensorflowKernels(tensorflowBackendName);
  if (!(await tf.setBackend(tensorflowBackendName))) throw new Error('tfjs refused the TensorFlow backend');
  return { version: binding.TF_Version, gpu: backend.isUsingGpuDevice };
}

/** Path of the addon that the npm package's own install script would have put there. */
export function officialBindingPath(): string {
  const require = createRequire(import.meta.url);
  return require.resolve(`${npmPackage}/package.json`).replace(/package\.json$/, 'lib/napi-v8/tfjs_binding.node');
}

/** tfjs-node 4.22 calls two functions of node:util that Node 23 removed. */
function restoreUtilFunctions(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  legacy['isArray'] ??= Array.isArray;
}
