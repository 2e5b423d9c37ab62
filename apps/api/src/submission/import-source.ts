import type { ProjectServices } from '@scion/jobs';
import { newId } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import type { AppDependencies } from '../app-dependencies.ts';
import { importModel, nameOfSource } from '../imports/import-model.ts';

/** The imports that the jobs of one request ask for. */
export type SourceImports = {
  /** Imports the weights that a job asks for, and lets it start from the model that they become. Errors are those of the import. */
  importSource(job: CreateJob): Promise<CreateJob>;
  /** Takes away the models that were made, but for those that a job starts from. */
  discard(): Promise<void>;
};

export function createSourceImports(
  dependencies: Pick<AppDependencies, 'store' | 'importer'> & { services: ProjectServices },
): SourceImports {
  const made: string[] = [];
  return {
    async importSource(job) {
      if (!job.from || !('import' in job.from)) return job;
      const { url, ...settings } = job.from.import;
      const id = newId('model');
      const name = nameOfSource(new URL(url).pathname);
      await importModel(dependencies, { id, name, source: { type: 'url', url }, settings });
      made.push(id);
      return { ...job, from: { model: id } };
    },

    async discard() {
      for (const id of made.splice(0)) {
        const key = await dependencies.services.models.discardUnused(id);
        if (key !== null) await dependencies.store.remove(key);
      }
    },
  };
}
