import { z } from 'zod';
import type { Method, MethodContext } from '../define-method.ts';
import { isOneOf, trainPart } from './train-part.ts';

export const batchNormSetting = z
  .enum(['train', 'freeze'])
  .default('train')
  .describe(
    '`train`: batches are normalised by their own mean and spread, and the running averages learn them; `freeze`: by the averages that the backbone came with, which suits batches of a few images. Scales and offsets are trained in both',
  );

/** The method with the batch normalisation of its backbone as the setting says. */
export function withBatchNorm(method: Method, { backbone }: MethodContext, setting: z.output<typeof batchNormSetting>): Method {
  if (setting === 'train') return method;
  const isAverage = isOneOf(backbone.parameters.filter(({ role }) => role === 'statistic'));
  return trainPart(method, (name) => !isAverage(name));
}
