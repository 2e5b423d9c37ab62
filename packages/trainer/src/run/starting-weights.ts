import type { ImportReport, ParameterSource, TrainerReport } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { readStartFolder } from '../artifact/parameter-folder.ts';
import { resizePositions } from '../artifact/resize-positions.ts';
import type { NamedArray } from '../artifact/safetensors.ts';
import { backbones } from '../models/index.ts';
import { importParameters, type Network } from '../network.ts';
import { entryOf } from '../registry.ts';

/** Puts the backbone of a model or checkpoint into the network, learned positions resized to its grid; says what an imported one lacked. */
export async function loadStartingWeights(options: {
  store: ArtifactStore;
  source: ParameterSource;
  network: Network;
  report: (report: TrainerReport) => void;
}): Promise<void> {
  const { store, source, network, report } = options;
  const { manifest, parameters } = await readStartFolder(store, source.key);
  const trained = 'imported' in manifest ? manifest.imported : manifest.network.spec;
  const { parameters: sourceParameters } = entryOf(backbones, trained.backbone.type).create(trained.backbone, trained.inputShape);
  const grids = new Map(sourceParameters.map(({ name, grid }) => [name, grid]));
  const fitting = new Map<string, NamedArray>(parameters);
  for (const { name, grid } of network.backbone.parameters) {
    const [stored, from] = [parameters.get(name), grids.get(name)];
    if (grid && stored && from && (grid.rows !== from.rows || grid.columns !== from.columns)) {
      fitting.set(name, resizePositions(stored, from, grid));
    }
  }
  importParameters(network, network.backbone.parameters, fitting);
  if ('imported' in manifest) report(importEvent(source, manifest.imported.report));
}

function importEvent({ id }: ParameterSource, imported: ImportReport): TrainerReport {
  const { loaded, missing, reshaped, unexpected } = imported;
  const fresh = missing.length + reshaped.length;
  return {
    type: 'event',
    event: 'weights.imported',
    level: fresh > 0 ? 'warn' : 'info',
    message: `Starts from ${loaded} imported parameters; ${fresh} that the file did not give start afresh, ${unexpected.length} tensors of the file were not used`,
    data: { model: id, report: imported },
  };
}
