import type { ParameterSpec } from '../../parameters.ts';

/** The name under which a run keeps what a parameter started from. */
export const startName = (name: string) => `start.${name}`;

/** Values that stay as the given parameters start: pretrained, where the run starts from a model. The model does not have them. */
export function startingPoint(parameters: readonly ParameterSpec[]): ParameterSpec[] {
  return parameters.map((parameter) => ({
    ...parameter,
    name: startName(parameter.name),
    role: 'statistic',
    init: { type: 'sameAs', parameter },
    trainingOnly: true,
  }));
}
