/**
 * Whether a glob matches the whole of a text: `*` is any run of characters, `?` any one. Patterns come from requests, so this takes
 * no more time than the product of both lengths, where a regular expression may take for ever.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1; // place of the last star, and of the text that it was tried up to
  let tried = 0;
  while (t < text.length) {
    const expected = pattern[p];
    if (expected === '*') {
      star = p++;
      tried = t;
    } else if (expected === '?' || (expected !== undefined && expected === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++tried;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
