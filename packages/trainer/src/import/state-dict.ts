import { PickleDict, type PickleValue } from './pickle.ts';
import { TensorReference } from './torch-globals.ts';
import { weightsInvalid } from './weights-invalid.ts';

/** Under which names training programs keep a model's tensors in their checkpoints. */
const usualEntries = ['state_dict', 'model', 'model_state_dict'] as const;
const mostNames = 100_000;
const deepest = 8;

/** The dict to take tensors from: the named entry of the root, else one of the usual ones, else the root. */
export function chooseEntry(root: PickleValue, asked: string | null): { entry: string | null; dict: PickleDict } {
  if (!(root instanceof PickleDict)) throw weightsInvalid('holds no dict of tensors: save model.state_dict()');
  const entries = asked === null ? usualEntries : [asked];
  for (const entry of entries) {
    const dict = root.entries.get(entry);
    if (dict instanceof PickleDict) return { entry, dict };
  }
  if (asked === null) return { entry: null, dict: root };
  const names = [...root.entries.keys()].slice(0, 20).map(String).join(', ');
  throw weightsInvalid(`has no entry "${asked}" that is a dict; it has ${names}`);
}

/** Tensors of a dict, and of dicts within it, each by its path in dots, and the paths of all else. */
export function flattenDict(root: PickleDict): { tensors: { name: string; tensor: TensorReference }[]; others: string[] } {
  const tensors: { name: string; tensor: TensorReference }[] = [];
  const others: string[] = [];
  const walk = (dict: PickleDict, prefix: string, depth: number): void => {
    if (depth > deepest) throw weightsInvalid(`nests dicts deeper than ${deepest}`);
    for (const [key, value] of dict.entries) {
      const name = prefix + String(key);
      if (value instanceof TensorReference) tensors.push({ name, tensor: value });
      else if (value instanceof PickleDict) walk(value, `${name}.`, depth + 1);
      else others.push(name);
      // One dict may stand in many places, which would make a few bytes a great many names.
      if (tensors.length + others.length > mostNames) throw weightsInvalid(`holds more than ${mostNames} names`);
    }
  };
  walk(root, '', 1);
  return { tensors, others };
}
