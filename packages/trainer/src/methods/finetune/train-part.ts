import type { Method } from '../define-method.ts';

/** The method, training those parameters alone that `isTrained` picks. A normalisation whose averages are not among them keeps these. */
export function trainPart(method: Method, isTrained: (name: string) => boolean): Method {
  const keepsAverages = (layer: string) => !isTrained(averageOf(layer));
  return {
    ...method,
    isTrainable: (name) => method.isTrainable(name) && isTrained(name),
    step: (forward, batch) => method.step({ ...forward, keepsAverages }, batch),
  };
}

const averageOf = (layer: string) => `${layer}.running_mean`;

/** Whether a name is that of a parameter in one of the lists. */
export function isOneOf(...lists: readonly (readonly { name: string }[])[]): (name: string) => boolean {
  const names = new Set(lists.flatMap((list) => list.map(({ name }) => name)));
  return (name) => names.has(name);
}
