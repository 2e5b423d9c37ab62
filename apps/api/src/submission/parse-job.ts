import { validationError } from '@scion/schema';
import type { CreateJob } from '@scion/trainer/catalog';
import type { Catalogue } from '../catalogue.ts';

/** Checks a job that did not come as the body of a request by itself. Error `validationFailed` with a path for each wrong field. */
export function parseJob(body: unknown, catalogue: Catalogue): CreateJob {
  const parsed = catalogue.CreateJob.safeParse(body);
  if (!parsed.success) throw validationError(parsed.error);
  return parsed.data;
}
