import type { ProjectServices } from '@scion/jobs';
import type { JobSpec, TrainedSource } from '@scion/schema';
import type { CreateJob, ImportedBackbone } from '@scion/trainer/catalog';
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
  const source = await findSourceJob(job.from, services);
  return typeof source === 'string' ? (await services.jobs.get(source).catch(missingReference('from.job'))).spec : source;
}

/** The job, or what an imported model, which no job made, says of itself. */
async function findSourceJob(from: TrainedSource, services: ProjectServices): Promise<string | ImportedBackbone> {
  if ('job' in from) return from.job;
  if ('model' in from) {
    const { model } = await services.models.get(from.model).catch(missingReference('from.model'));
    return model.job ?? { imported: { backbone: model.backbone, inputShape: model.inputShape } };
  }
  return (await services.checkpoints.get(from.checkpoint).catch(missingReference('from.checkpoint'))).checkpoint.job;
}
