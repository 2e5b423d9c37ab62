import type { FileHandle } from 'node:fs/promises';
import { elementBytes } from '../artifact/safetensors-header.ts';
import { toFloat32 } from './element-values.ts';
import { readPickle } from './pickle.ts';
import { readRange } from './read-range.ts';
import { chooseEntry, flattenDict } from './state-dict.ts';
import type { StoredTensor, TensorFile } from './stored-tensor.ts';
import { type StoredZip, withStoredZip } from './stored-zip.ts';
import { type TensorReference, torchGlobals } from './torch-globals.ts';
import { weightsInvalid } from './weights-invalid.ts';

const mostPickleBytes = 64 * 2 ** 20; // a model of ten thousand tensors takes one or two

/** A file of PyTorch's (1.6 and later): a zip of one pickle, which describes the tensors, and a file for each tensor's storage. */
export async function withTorchFile<Result>(
  { path, handle }: { path: string; handle: FileHandle },
  { entry }: { entry: string | null },
  use: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  return await withStoredZip(path, async (zip) => {
    const folder = folderOf(zip);
    await refuseBigEndian(zip, `${folder}byteorder`, handle);
    const pickle = await rangeOf(zip, `${folder}data.pkl`, mostPickleBytes);
    const root = readPickle(await readRange(handle, pickle.start, pickle.length), torchGlobals);
    const chosen = chooseEntry(root, entry);
    const { tensors, others } = flattenDict(chosen.dict);
    const open = ({ name, tensor }: { name: string; tensor: TensorReference }) =>
      openTensor({ name, tensor, zip, folder, handle });
    return await use({ format: 'torch', entry: chosen.entry, tensors: tensors.map(open), others });
  });
}

/** The folder that all of the zip lies in, with its slash. */
function folderOf(zip: StoredZip): string {
  const suffix = 'data.pkl';
  const found = zip.names.filter((name) => name.split('/').length === 2 && name.endsWith(`/${suffix}`));
  const [name] = found;
  if (name === undefined || found.length > 1) throw weightsInvalid('is a zip, but not one that torch.save writes');
  return name.slice(0, -suffix.length);
}

async function refuseBigEndian(zip: StoredZip, name: string, handle: FileHandle): Promise<void> {
  if (!zip.names.includes(name)) return; // as before PyTorch 2.1
  const { start, length } = await rangeOf(zip, name, 16);
  const order = (await readRange(handle, start, length)).toString('latin1');
  if (order !== 'little') throw weightsInvalid(`was written on a machine of another byte order (${JSON.stringify(order)})`);
}

async function rangeOf(zip: StoredZip, name: string, mostBytes: number): Promise<{ start: number; length: number }> {
  const range = await zip.rangeOf(name);
  if (!range) throw weightsInvalid(`lacks its part ${name}`);
  if (range.length > mostBytes) throw weightsInvalid(`has ${range.length} bytes in its part ${name}, more than ${mostBytes}`);
  return range;
}

type Place = { name: string; tensor: TensorReference; zip: StoredZip; folder: string; handle: FileHandle };

function openTensor({ name, tensor, zip, folder, handle }: Place): StoredTensor {
  const { storage, shape, strides, offset } = tensor;
  const bytes = elementBytes[storage.dtype];
  return {
    name,
    dtype: storage.dtype,
    shape,
    async read() {
      const count = spanOf(shape, strides);
      const file = await zip.rangeOf(`${folder}data/${storage.key}`);
      if (!file) throw weightsInvalid(`lacks the values of ${name}`);
      if ((offset + count) * bytes > file.length) throw weightsInvalid(`does not hold all of ${name}`);
      const values = await readRange(handle, file.start + offset * bytes, count * bytes);
      return inRows(toFloat32(values, storage.dtype), shape, strides);
    },
  };
}

/** How many elements of its storage a tensor reaches over. */
function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, side, axis) => last + (side - 1) * (strides[axis] ?? 0), 1);
}

/** The elements row by row: a tensor may be a transposed view of its storage. */
function inRows(stored: Float32Array, shape: readonly number[], strides: readonly number[]): Float32Array {
  const size = shape.reduce((product, side) => product * side, 1);
  if (isInRows(shape, strides)) return stored;
  const values = new Float32Array(size);
  const coordinates = shape.map(() => 0);
  for (let index = 0; index < size; index++) {
    values[index] = stored[coordinates.reduce((sum, coordinate, axis) => sum + coordinate * (strides[axis] ?? 0), 0)] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (coordinates[axis] ?? 0) + 1;
      coordinates[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (next < (shape[axis] ?? 0)) break;
    }
  }
  return values;
}

function isInRows(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis] ?? 0;
  }
  return true;
}
