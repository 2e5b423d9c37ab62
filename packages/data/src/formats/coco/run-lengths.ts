/**
 * The runs of a compressed mask as the COCO tools write it: numbers in groups of six bits, lowest first, of which five count and one
 * says whether there are more; from the fourth number on as differences to the one before the last. Null for what is none.
 */
export function decodeRuns(text: string): number[] | null {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const group = character.charCodeAt(0) - 48;
    if (group < 0 || group > 63 || shift > 25) return null;
    value += (group & 31) * 2 ** shift;
    shift += 5;
    if (group & 32) continue;
    if (group & 16) value -= 2 ** shift;
    const run = runs.length > 2 ? value + (runs.at(-2) ?? 0) : value;
    if (run < 0) return null;
    runs.push(run);
    [value, shift] = [0, 0];
  }
  return shift === 0 ? runs : null;
}
