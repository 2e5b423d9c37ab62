import { ScionError } from '@scion/schema';

/** The values that are given by class name, in the order of the classes. Throws ScionError `specInvalid` unless each class has one. */
export function inClassOrder<Value>(given: Readonly<Record<string, Value>>, classNames: readonly string[]): Value[] {
  refuseUnknown(Object.keys(given), classNames);
  const values = new Map(Object.entries(given));
  return classNames.map((name) => {
    const value = values.get(name);
    if (value === undefined) throw new ScionError('specInvalid', `The class "${name}" has none: give one for each class`);
    return value;
  });
}

/** Throws ScionError `specInvalid` for a name that no class has. */
export function refuseUnknown(names: readonly string[], classNames: readonly string[]): void {
  const unknown = names.find((name) => !classNames.includes(name));
  if (unknown === undefined) return;
  throw new ScionError('specInvalid', `The data set has no class "${unknown}"; it has ${classNames.join(', ')}`);
}
