import { JobSpec, newId } from '@scion/schema';
import { resolveSpec, type SpecContext, type TeacherModel } from './resolve-spec.ts';
import { CreateJob } from './spec.ts';

/** A teacher whose parameters nobody trained, where the job's method needs one. */
export function untrainedTeacher({ method }: CreateJob, context: SpecContext): TeacherModel | null {
  if (!('teacher' in method)) return null;
  const supervised = { kind: 'pretrain', backbone: { type: 'convnet-small' }, method: { type: 'supervised' } };
  const job = CreateJob.parse({ ...supervised, dataset: { id: newId('dataset') } });
  return { made: JobSpec.parse(resolveSpec(job, context)), classNames: context.dataset.classNames };
}
