import type { Services } from '@scion/jobs';
import type { JobSpec } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import { missingReference } from './missing-reference.ts';

/**
 * The spec of the job that made, or will make, the parameters that a finetune starts from; null for a job that starts from nothing.
 *
 * @throws ScionError `validationFailed` with the field that names a record which does not exist
 */
export async function findSourceSpec(job: CreateJob, services: Services): Promise<JobSpec | null> {
  if (job.kind === 'pretrain' || 'scratch' in job.from) return null;
  return (await services.jobs.get(await findSourceJob(job.from, services)).catch(missingReference('from.job'))).spec;
}

async function findSourceJob(
  from: { job: string } | { model: string } | { checkpoint: string },
  services: Services,
): Promise<string> {
  if ('job' in from) return from.job;
  if ('model' in from) return (await services.models.get(from.model).catch(missingReference('from.model'))).model.job;
  return (await services.checkpoints.get(from.checkpoint).catch(missingReference('from.checkpoint'))).checkpoint.job;
}
