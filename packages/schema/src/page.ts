import { z } from 'zod';

/** Query of every list: at most `limit` records, those after the record `after` in the list's order. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: z.string().max(64).optional().describe('The `nextAfter` of the page before'),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item),
    hasMore: z.boolean(),
    nextAfter: z.string().nullable().describe('Pass as `after` to get the next page; null on the last page'),
  });
}

export type Page<Item> = { data: Item[]; hasMore: boolean; nextAfter: string | null };
