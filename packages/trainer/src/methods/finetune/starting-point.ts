import { type ParameterSpec, startingAs } from '../../parameters.ts';

/** The name under which a run keeps what a parameter started from. */
export const startName = (name: string) => `start.${name}`;

/** Values that stay as the given parameters start. */
export function startingPoint(parameters: readonly ParameterSpec[]): ParameterSpec[] {
  return parameters.map((parameter) => startingAs(parameter, startName(parameter.name)));
}
