import { z } from 'zod';
import { DatasetId, JobId, ModelId } from './id.ts';
import { PageQuery } from './page.ts';

/** A record that was deleted, and can be restored until it is purged. */
export const TrashEntry = z
  .strictObject({
    id: z.union([JobId, ModelId, DatasetId]),
    type: z.enum(['job', 'model', 'dataset']),
    name: z.string(),
    deletedAt: z.iso.datetime(),
    purgeAt: z.iso.datetime().describe('From then on it may be gone for good, with its files'),
  })
  .meta({ id: 'TrashEntry' });
export type TrashEntry = z.infer<typeof TrashEntry>;

export const ListTrash = PageQuery;
