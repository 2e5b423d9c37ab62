import type { ElementType } from '../artifact/safetensors-header.ts';

/** A tensor of a file, its values still there. */
export type StoredTensor = {
  name: string;
  dtype: ElementType;
  shape: readonly number[];
  /** The values, row by row. */
  read(): Promise<Float32Array>;
};

export type TensorFile = {
  format: 'safetensors' | 'torch';
  /** The entry of a PyTorch checkpoint that the tensors were taken from; null where they are the whole file. */
  entry: string | null;
  tensors: readonly StoredTensor[];
  /** Names of what else stands among them: counters, settings. */
  others: readonly string[];
};
