/** A 32-bit number that depends on both arguments as if drawn at random: two multiply-xorshift rounds for each word. */
export function drawKey(seed: number, index: number): number {
  let key = 0x9e3779b9;
  for (const word of [seed, Math.floor(seed / 2 ** 32), index]) {
    key = Math.imul(key ^ word, 0x85ebca6b);
    key = Math.imul(key ^ (key >>> 15), 0xc2b2ae35);
    key ^= key >>> 16;
  }
  return key >>> 0;
}

/** The items in an order drawn with `seed`; `indexOf` gives each a number of its own. */
export function shuffled<Item>(items: readonly Item[], seed: number, indexOf: (item: Item) => number): Item[] {
  const keyed = items.map((item) => ({ item, index: indexOf(item), key: drawKey(seed, indexOf(item)) }));
  return keyed.sort((a, b) => a.key - b.key || a.index - b.index).map(({ item }) => item);
}
