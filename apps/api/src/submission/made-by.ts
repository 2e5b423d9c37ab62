import type { ProjectServices } from '@scion/jobs';
import type { JobSpec, Model } from '@scion/schema';
import type { ImportedBackbone } from '@scion/trainer/catalog';

/** The spec of the job that made a model, or what an imported one, which no job made, says of itself. */
export async function madeBy(model: Model, { jobs }: Pick<ProjectServices, 'jobs'>): Promise<JobSpec | ImportedBackbone> {
  const { job, backbone, inputShape } = model;
  return job === null ? { imported: { backbone, inputShape } } : (await jobs.get(job)).spec;
}
