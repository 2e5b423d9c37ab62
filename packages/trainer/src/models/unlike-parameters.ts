import type { ParameterSpec } from '../parameters.ts';
import type { Backbone } from './define-backbone.ts';

/** The parameters of a backbone whose shapes are others in the same backbone made for images of another size. */
export function unlikeParameters({ parameters }: Backbone, other: Backbone): ParameterSpec[] {
  return parameters.filter(({ shape }, index) => String(shape) !== String(other.parameters[index]?.shape));
}
