import type { ImportReport } from '@scion/schema';
import { fileShape } from '../artifact/file-layout.ts';
import type { ParameterSpec } from '../parameters.ts';
import type { StoredTensor, TensorFile } from './stored-tensor.ts';
import { weightsInvalid } from './weights-invalid.ts';

export type Match = { parameter: ParameterSpec; tensor: StoredTensor };

export type Matching = {
  matches: readonly Match[];
  report: Pick<ImportReport, 'missing' | 'reshaped' | 'unexpected' | 'converted' | 'loaded'>;
};

type Options = { rename: Readonly<Record<string, string>>; translateName(name: string): string };

/**
 * Finds each parameter's tensor by name, after `rename` and then `translateName`. Nothing of the file or of the backbone is left out of
 * the report.
 *
 * @throws ScionError `weightsInvalid` where two tensors come to the same name
 */
export function matchTensors(parameters: readonly ParameterSpec[], file: TensorFile, options: Options): Matching {
  const tensors = byName(file, options);
  const matches: Match[] = [];
  const report: Matching['report'] = { loaded: 0, missing: [], reshaped: [], unexpected: [], converted: {} };
  for (const parameter of parameters) {
    const tensor = tensors.get(parameter.name);
    const expected = [...fileShape(parameter)];
    if (!tensor) report.missing.push(parameter.name);
    else if (String(tensor.shape) !== String(expected)) {
      report.reshaped.push({ name: parameter.name, stored: [...tensor.shape], expected });
    } else {
      matches.push({ parameter, tensor });
      if (tensor.dtype !== 'F32') report.converted[tensor.dtype] = (report.converted[tensor.dtype] ?? 0) + 1;
    }
    tensors.delete(parameter.name);
  }
  report.loaded = matches.length;
  report.unexpected = [...[...tensors.values()].map(({ name }) => name), ...file.others];
  return { matches, report };
}

function byName(file: TensorFile, { rename, translateName }: Options): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of file.tensors) {
    const name = translateName(renamed(tensor.name, rename));
    const other = tensors.get(name);
    if (other) throw weightsInvalid(`holds both ${other.name} and ${tensor.name}, which are both ${name}: change \`rename\``);
    tensors.set(name, tensor);
  }
  return tensors;
}

/** The longest beginning that is listed is replaced. */
function renamed(name: string, rename: Readonly<Record<string, string>>): string {
  const [longest] = Object.keys(rename)
    .filter((beginning) => name.startsWith(beginning))
    .sort((a, b) => b.length - a.length);
  return longest === undefined ? name : (rename[longest] ?? '') + name.slice(longest.length);
}
