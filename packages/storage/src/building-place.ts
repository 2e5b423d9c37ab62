/** The name of the folder in which the stored folder `key` is built: `+` is in no key, so no two keys give the same. */
export function buildingName(key: string): string {
  return `building+${key.replaceAll('/', '+')}`;
}
