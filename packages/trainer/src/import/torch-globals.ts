import type { ElementType } from '../artifact/safetensors-header.ts';
import { PersistentReference, PickleDict, type PickleGlobal, type PickleValue } from './pickle.ts';
import { weightsInvalid } from './weights-invalid.ts';

/** Where the elements of tensors lie: a file of the zip. */
export type Storage = { dtype: ElementType; key: string };

/** A tensor as the pickle describes it: `offset` and `strides` count elements of its storage. */
export class TensorReference {
  readonly storage: Storage;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;

  constructor({ storage, shape, strides, offset }: Readonly<TensorReference>) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }
}

class StorageType implements PickleGlobal {
  readonly global: string;
  readonly dtype: ElementType;

  constructor(global: string, dtype: ElementType) {
    this.global = global;
    this.dtype = dtype;
  }
}

const storageTypes = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
} as const satisfies Record<string, ElementType>;

const globals: readonly PickleGlobal[] = [
  ...Object.entries(storageTypes).map(([name, dtype]) => new StorageType(`torch.${name}`, dtype)),
  { global: 'collections.OrderedDict', call: orderedDict },
  { global: 'torch._utils._rebuild_tensor_v2', call: tensor },
  { global: 'torch._utils._rebuild_parameter', call: parameter },
];

/** All that a pickle of tensors may name, by Python's name. */
export const torchGlobals: ReadonlyMap<string, PickleGlobal> = new Map(globals.map((known) => [known.global, known]));

function orderedDict(args: readonly PickleValue[]): PickleDict {
  const dict = new PickleDict();
  const [pairs] = args;
  if (pairs === undefined) return dict;
  if (!Array.isArray(pairs)) throw wrongArguments('collections.OrderedDict');
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) throw wrongArguments('collections.OrderedDict');
    dict.entries.set(pair[0] ?? null, pair[1] ?? null);
  }
  return dict;
}

/** storage, offset, size, stride, requires_grad, hooks */
function tensor([storage, offset, shape, strides]: readonly PickleValue[]): TensorReference {
  if (!isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) {
    throw wrongArguments('torch._utils._rebuild_tensor_v2');
  }
  return new TensorReference({ storage: storageOf(storage), offset, shape, strides });
}

/** data, requires_grad, hooks */
function parameter([data]: readonly PickleValue[]): TensorReference {
  if (data instanceof TensorReference) return data;
  throw wrongArguments('torch._utils._rebuild_parameter');
}

/** ('storage', its type, its key, the device that it was on, its number of elements) */
function storageOf(reference: PickleValue | undefined): Storage {
  const description = reference instanceof PersistentReference ? reference.description : null;
  if (!Array.isArray(description)) throw wrongArguments('torch._utils._rebuild_tensor_v2');
  const [kind, type, key] = description;
  if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !/^\d+$/.test(key)) {
    throw wrongArguments('torch._utils._rebuild_tensor_v2');
  }
  return { dtype: type.dtype, key };
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function areCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isCount);
}

function wrongArguments(global: string): Error {
  return weightsInvalid(`calls ${global} with arguments that make no tensor`);
}
