import { type ErrorDetail, type ImportReport, ScionError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { fileShape } from '../artifact/file-layout.ts';
import { formatVersion } from '../artifact/manifest.ts';
import { writeParameterFolder } from '../artifact/parameter-folder.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import type { BackboneEntry } from '../models/define-backbone.ts';
import { backbones } from '../models/index.ts';
import { initialValues, type ParameterSpec, parameterCount } from '../parameters.ts';
import { entryOf } from '../registry.ts';
import type { ImportSettings } from './import-settings.ts';
import { type Match, matchTensors } from './match-tensors.ts';
import { withTensorFile } from './tensor-file.ts';
import { weightsInvalid } from './weights-invalid.ts';

export type ImportedWeights = { report: ImportReport; parameterCount: number; sizeBytes: number; sha256: string };

/**
 * Makes a file of weights (safetensors, or a PyTorch file of tensors) the parameters of a backbone, in a folder of the store that finetunes
 * can start from. Parameters that the file does not give start as in a new network, of seed 0.
 *
 * @throws ScionError `weightsInvalid` for a file that cannot be read, or, if `strict`, does not hold every parameter in its shape;
 * `shapeMismatch` for an input shape that the backbone cannot take
 */
export async function importWeights(options: {
  file: { path: string; sha256: string };
  settings: ImportSettings;
  store: ArtifactStore;
  folder: string;
}): Promise<ImportedWeights> {
  const { file, settings, store, folder } = options;
  const { backbone, inputShape, rename, entry, strict } = settings;
  const known: BackboneEntry = entryOf<BackboneEntry>(backbones, backbone.type);
  const { parameters } = known.create(backbone, inputShape);
  return await withTensorFile(file.path, { entry }, async (tensors) => {
    const translateName = known.translateName ?? ((name: string) => name);
    const { matches, report: found } = matchTensors(parameters, tensors, { rename, translateName });
    const report = { format: tensors.format, entry: tensors.entry, sha256: file.sha256, ...found };
    if (matches.length === 0) throw noneFits(report, backbone.type);
    if (strict) refuseGaps(report);
    const values = await readMatches(matches);
    const written = await writeParameterFolder(store, folder, {
      parameters: parameters.map((parameter) => values.get(parameter.name) ?? fresh(parameter)),
      optimizer: null,
      manifest: { formatVersion, imported: { backbone, inputShape, report } },
    });
    return { report, parameterCount: parameterCount(parameters), ...written };
  });
}

async function readMatches(matches: readonly Match[]): Promise<Map<string, NamedArray>> {
  const values = new Map<string, NamedArray>();
  for (const { parameter, tensor } of matches) {
    const data = await tensor.read();
    if (!data.every(Number.isFinite)) throw weightsInvalid(`holds numbers in ${tensor.name} that are not finite in float32`);
    values.set(parameter.name, { name: parameter.name, shape: fileShape(parameter), data });
  }
  return values;
}

/** Initial values are alike in every order, so that those of a file's order need no rearranging. */
function fresh(parameter: ParameterSpec): NamedArray {
  return { name: parameter.name, shape: fileShape(parameter), data: initialValues(parameter, 0) };
}

function noneFits({ unexpected, missing, reshaped }: ImportReport, type: string): ScionError {
  const here = missing[0] ?? reshaped[0]?.name ?? '';
  const there = unexpected.slice(0, 3).join(', ') || 'nothing';
  return weightsInvalid(
    `gives no parameter of ${type}: it holds ${there}, where ${here} was looked for. Set \`rename\` if names only begin otherwise`,
  );
}

const mostDetails = 50;

function refuseGaps({ missing, reshaped }: ImportReport): void {
  if (missing.length + reshaped.length === 0) return;
  const details: ErrorDetail[] = [
    ...missing.map((name) => ({ path: name, message: 'The file does not hold it' })),
    ...reshaped.map(({ name, stored, expected }) => ({
      path: name,
      message: `The file holds it as ${stored.join('×')}, but ${expected.join('×')} is needed`,
    })),
  ];
  const [first] = details;
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  const message = `${first?.path}: ${first?.message}${more}. Change \`backbone\` or \`inputShape\`, or set \`strict\` to false to start such parameters afresh`;
  throw new ScionError('weightsInvalid', message, { details: details.slice(0, mostDetails) });
}
