import { DatasetIssue } from '@scion/schema';
import { z } from 'zod';

/** What was fetched into one local file, and what is worth noting about how. */
export const FetchedSource = z.strictObject({
  fileName: z.string(),
  sizeBytes: z.int(),
  sha256: z.string(),
  notes: z.array(DatasetIssue),
});
export type FetchedSource = z.infer<typeof FetchedSource>;
