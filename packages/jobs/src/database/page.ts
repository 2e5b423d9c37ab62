import type { Page } from '@scion/schema';

/** A page from `limit + 1` rows: the extra row only says that there are more. */
export function toPage<Row, Item>(
  rows: Row[],
  { limit, toItem, cursorOf }: { limit: number; toItem: (row: Row) => Item; cursorOf: (item: Item) => string },
): Page<Item> {
  const data = rows.slice(0, limit).map(toItem);
  const last = data.at(-1);
  const hasMore = rows.length > limit;
  return { data, hasMore, nextAfter: hasMore && last !== undefined ? cursorOf(last) : null };
}
