import type { ProjectServices } from '@scion/jobs';
import { type CreateJobChain, type JobSpec, nestedError, newId, ScionError } from '@scion/schema';
import type { AppDependencies } from '../app-dependencies.ts';
import type { SourceImports } from './import-source.ts';
import { parseJob } from './parse-job.ts';
import { resolveJob } from './resolve-job.ts';

type ResolvedJob = { id: string; spec: JobSpec };

/**
 * Gives each job of a chain its id, puts the ids in the place of local names, and resolves them in their order. Errors are those of
 * `resolveJob`, with `jobs.N` before each path.
 */
export async function resolveChain(
  { jobs }: CreateJobChain,
  {
    services,
    catalogue,
    importSource,
  }: Pick<AppDependencies, 'catalogue'> & { services: ProjectServices } & Pick<SourceImports, 'importSource'>,
): Promise<ResolvedJob[]> {
  const idsByName = new Map<string, string>();
  const resolved: ResolvedJob[] = [];
  for (const [index, { as, ...body }] of jobs.entries()) {
    try {
      const job = parseJob(withIds(body, idsByName), catalogue);
      const spec = await resolveJob({
        job,
        services,
        catalogue,
        importSource,
        earlier: new Map(resolved.map(({ id, spec: s }) => [id, s])),
      });
      const id = newId('job');
      resolved.push({ id, spec });
      if (as === undefined) continue;
      if (idsByName.has(as)) throw invalidField('as', `The name ${as} stands for an earlier job already`);
      idsByName.set(as, id);
    } catch (error) {
      throw nestedError(error, `jobs.${index}`);
    }
  }
  return resolved;
}

/** What is no name stays as it is, and is refused later where it is no id either. */
function withIds(body: Readonly<Record<string, unknown>>, idsByName: ReadonlyMap<string, string>): Record<string, unknown> {
  const idOf = (value: unknown) => (typeof value === 'string' ? (idsByName.get(value) ?? value) : value);
  const { from, dependsOn } = body;
  return {
    ...body,
    ...(hasJob(from) ? { from: { ...from, job: idOf(from.job) } } : {}),
    ...(Array.isArray(dependsOn) ? { dependsOn: dependsOn.map(idOf) } : {}),
  };
}

function hasJob(from: unknown): from is { job: unknown } {
  return typeof from === 'object' && from !== null && 'job' in from;
}

function invalidField(path: string, message: string): ScionError {
  return new ScionError('validationFailed', `${path}: ${message}`, { details: [{ path, message }] });
}
