const segment = /^[a-z0-9_-][a-z0-9._-]*$/;

/**
 * Refuses a key that could leave the store or clash with its own files: empty, absolute, with `..`, with a segment that starts
 * with a dot, or with characters other than lower-case letters, digits, `.`, `_` and `-`. Throws a RangeError.
 */
export function assertArtifactKey(key: string): void {
  if (key.length > 0 && key.length <= 1024 && key.split('/').every((part) => segment.test(part))) return;
  throw new RangeError(`Not an artifact key: ${JSON.stringify(key)}`);
}
