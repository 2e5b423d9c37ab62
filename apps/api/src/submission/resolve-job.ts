import type { ProjectServices } from '@scion/jobs';
import { type JobSpec, ScionError } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import type { Catalogue } from '../catalogue.ts';
import { findSourceSpec } from './find-source-spec.ts';
import { findTeacher } from './find-teacher.ts';
import type { SourceImports } from './import-source.ts';
import { missingReference } from './missing-reference.ts';

/**
 * Checks a job against what the server has (its data set, splits, labels, what it starts from) and fills in every default, so that a
 * job which cannot run is refused before it is accepted. Weights that it starts from are imported first.
 *
 * @throws ScionError `validationFailed` for a record that does not exist, `datasetNotReady`, `specInvalid`, `shapeMismatch`, and those
 * of an import
 */
export async function resolveJob({
  job,
  services,
  catalogue,
  importSource,
  earlier = new Map(),
}: {
  job: CreateJob;
  services: ProjectServices;
  catalogue: Catalogue;
  importSource: SourceImports['importSource'];
  /** Specs of jobs that are submitted together with this one, before it. */
  earlier?: ReadonlyMap<string, JobSpec>;
}): Promise<JobSpec> {
  const { id, state, splits, example, classNames, labels, statistics } = await services.datasets
    .get(job.dataset.id)
    .catch(missingReference('dataset.id'));
  if (state !== 'ready' || example === null) {
    const message = state === 'validating' ? `The data set ${id} is still being validated` : `The data set ${id} is ${state}`;
    throw new ScionError('datasetNotReady', message, { details: [{ path: 'dataset.id', message }] });
  }
  const started = await importSource(job);
  const source = await findSourceSpec(started, { services, earlier });
  const teacher = await findTeacher(started, services);
  const dataset = { splits, shape: example.shape, classNames, labels, numbers: statistics?.numbers };
  return catalogue.resolveSpec(started, { dataset, source, teacher });
}
