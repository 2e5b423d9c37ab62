import type { ErrorDetail } from '@scion/schema';
import { z } from 'zod';
import { matchesGlob } from './glob.ts';

export const ParameterGroup = z.strictObject({
  match: z
    .string()
    .min(1)
    .max(200)
    .describe('Names of parameters, such as `layer1.*` or `*.bias`: `*` is any text, `?` any one character'),
  learningRate: z.number().positive().default(1).describe('Factor on the learning rate'),
  weightDecay: z.number().min(0).nullable().default(null).describe("In place of the optimizer's; null: the optimizer's"),
  frozen: z.boolean().default(false).describe('Keep the values as they are. Running averages of normalisation go on'),
});
export type ParameterGroup = z.infer<typeof ParameterGroup>;

/** The group of a parameter: the first that matches its name. */
export function groupOf(groups: readonly ParameterGroup[], name: string): ParameterGroup | undefined {
  return groups.find(({ match }) => matchesGlob(match, name));
}

/** What is wrong with groups, given the names of the parameters that would be trained without them. */
export function parameterGroupProblems(groups: readonly ParameterGroup[], names: readonly string[]): ErrorDetail[] {
  const path = 'training.parameterGroups';
  const left = names.filter((name) => !groupOf(groups, name)?.frozen);
  if (left.length === 0) return [{ path, message: 'Every parameter is frozen, so that nothing is left to train' }];
  return groups.flatMap((group, index) => {
    const matching = names.filter((name) => matchesGlob(group.match, name));
    if (matching.some((name) => groupOf(groups, name) === group)) return [];
    const message =
      matching.length > 0
        ? `Every parameter that "${group.match}" matches is in a group before it`
        : `"${group.match}" matches none of the trained parameters: ${listed(names)}`;
    return [{ path: `${path}.${index}.match`, message }];
  });
}

function listed(names: readonly string[]): string {
  const shown = 12;
  return names.length > shown ? `${names.slice(0, shown).join(', ')} and ${names.length - shown} more` : names.join(', ');
}
