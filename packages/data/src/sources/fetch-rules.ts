import { z } from 'zod';

/** What the operator lets the server fetch, and how much of it. */
export const FetchRules = z.strictObject({
  maxBytes: z.int().describe('Most bytes of one data set'),
  allowPrivateAddresses: z.boolean().describe('Whether URLs may lead into the own network'),
  catalogMirror: z.string().nullable().describe('Folder or URL that holds NAME/FILE for data sets of the catalogue'),
  folders: z.array(z.string()).describe('Folders that may be read from by path'),
});
export type FetchRules = z.infer<typeof FetchRules>;
