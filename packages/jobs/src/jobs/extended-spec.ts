import { type JobSpec, ScionError } from '@scion/schema';
import { z } from 'zod';
import type { JobRow } from './job-record.ts';

/**
 * The spec of a job that trains on until so many epochs in all. Schedules are functions of the whole length, so they are planned
 * anew with it. Error `validationFailed` where the job has trained as long already.
 */
export function extendedSpec({ spec, progress }: Pick<JobRow, 'spec' | 'progress'>, epochs: number): JobSpec {
  if (epochs <= progress.epoch) {
    const message = `The job has trained ${progress.epoch} epochs already: give more`;
    throw new ScionError('validationFailed', `training.epochs: ${message}`, { details: [{ path: 'training.epochs', message }] });
  }
  const training = z.looseObject({}).parse(spec['training']);
  return { ...spec, training: { ...training, epochs } };
}
