import type { ProjectServices } from '@scion/jobs';
import type { JobSpec, TrainedSource } from '@scion/schema';
import type { CreateJob, ImportedBackbone } from '@scion/trainer/catalog';
import { madeBy } from './made-by.ts';
import { missingReference } from './missing-reference.ts';

/**
 * The spec of the job that made, or will make, the parameters that a job starts from, or what an imported model says of itself; null for
 * a job that starts from nothing.
 *
 * @throws ScionError `validationFailed` with the field that names a record which does not exist
 */
export async function findSourceSpec(
  job: CreateJob,
  { services, earlier }: { services: ProjectServices; earlier: ReadonlyMap<string, JobSpec> },
): Promise<JobSpec | ImportedBackbone | null> {
  if (!job.from || 'scratch' in job.from || 'import' in job.from) return null;
  const submittedBefore = 'job' in job.from ? earlier.get(job.from.job) : undefined;
  if (submittedBefore) return submittedBefore;
  if ('model' in job.from) {
    const { model } = await services.models.get(job.from.model).catch(missingReference('from.model'));
    return await madeBy(model, services);
  }
  const made = await findSourceJob(job.from, services);
  return (await services.jobs.get(made).catch(missingReference('from.job'))).spec;
}

async function findSourceJob(from: Exclude<TrainedSource, { model: string }>, services: ProjectServices): Promise<string> {
  if ('job' in from) return from.job;
  return (await services.checkpoints.get(from.checkpoint).catch(missingReference('from.checkpoint'))).checkpoint.job;
}
