import { newId } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import type { AppDependencies } from '../app-dependencies.ts';
import { importModel, nameOfSource } from '../imports/import-model.ts';

/** Imports the weights that a finetune asks for, and lets it start from the model that they become. Errors are those of the import. */
export async function importSource(
  job: CreateJob,
  dependencies: Pick<AppDependencies, 'services' | 'store' | 'importer'>,
): Promise<CreateJob> {
  if (job.kind === 'pretrain' || !('import' in job.from)) return job;
  const { url, ...settings } = job.from.import;
  const id = newId('model');
  const name = nameOfSource(new URL(url).pathname);
  await importModel(dependencies, { id, name, source: { type: 'url', url }, settings });
  return { ...job, from: { model: id } };
}
