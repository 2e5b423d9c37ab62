import type { Idempotency, NewJob, ProjectServices } from '@scion/jobs';
import type { Job } from '@scion/schema';
import type { AppDependencies } from '../app-dependencies.ts';
import { createSourceImports, type SourceImports } from './import-source.ts';

/**
 * Accepts the jobs of a request, all or none. A request that comes again with its Idempotency-Key is answered with the jobs that it made,
 * and nothing is imported for it; nor does anything stay of imports for jobs that are refused.
 */
export async function submitOnce(
  {
    idempotency,
    resolve,
  }: {
    idempotency: Idempotency | undefined;
    resolve: (importSource: SourceImports['importSource']) => Promise<readonly NewJob[]>;
  },
  dependencies: Pick<AppDependencies, 'store' | 'importer'> & { services: ProjectServices },
): Promise<{ jobs: Job[]; replayed: boolean }> {
  const { services } = dependencies;
  const earlier = idempotency && (await services.jobs.findSubmitted(idempotency));
  if (earlier) return { jobs: earlier, replayed: true };
  const { importSource, discard } = createSourceImports(dependencies);
  try {
    const submitted = await services.jobs.submitAll({ jobs: await resolve(importSource), idempotency });
    // The same request may have been quicker in another process.
    if (submitted.replayed) await discard();
    return submitted;
  } catch (error) {
    await discard();
    throw error;
  }
}
