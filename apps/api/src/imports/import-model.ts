import type { ProjectServices } from '@scion/jobs';
import { artifactKeys, type Model } from '@scion/schema';
import type { ImportSettings } from '@scion/trainer/catalog';
import type { AppDependencies } from '../app-dependencies.ts';
import type { WeightsSource } from './weights-importer.ts';

/**
 * Makes a model of a file of weights. Nothing stays in the store where it fails.
 *
 * @throws ScionError `weightsInvalid`, `shapeMismatch`, and of a URL `sourceForbidden`, `sourceUnavailable`, `bodyTooLarge`
 */
export async function importModel(
  { services, store, importer }: Pick<AppDependencies, 'store' | 'importer'> & { services: ProjectServices },
  { id, name, source, settings }: { id: string; name: string; source: WeightsSource; settings: ImportSettings },
): Promise<Model> {
  const key = artifactKeys.model(id);
  try {
    const imported = await importer.importWeights({ source, settings, folder: key });
    const { backbone, inputShape } = settings;
    return await services.models.addImported({ id, key, name, backbone, inputShape, ...imported });
  } catch (error) {
    await store.remove(key);
    throw error;
  }
}

/** What a model is called that gets no name: as its file, or what its URL ends with. */
export function nameOfSource(address: string): string {
  return address.split('/').filter(Boolean).at(-1)?.slice(0, 200) ?? 'weights';
}
