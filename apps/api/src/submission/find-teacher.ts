import type { ProjectServices } from '@scion/jobs';
import type { CreateJob, TeacherModel } from '@scion/trainer/catalog';
import { madeBy } from './made-by.ts';
import { missingReference } from './missing-reference.ts';

/**
 * The model that a job learns from, as the job that made it describes it; null for a job that learns from none.
 *
 * @throws ScionError `validationFailed` with the field, where there is no such model
 */
export async function findTeacher({ method }: CreateJob, services: ProjectServices): Promise<TeacherModel | null> {
  if (!('teacher' in method)) return null;
  const { model } = await services.models.get(method.teacher.model).catch(missingReference('method.teacher.model'));
  return { made: await madeBy(model, services), classNames: model.classNames };
}
