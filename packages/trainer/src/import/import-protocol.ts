import { ImportReport } from '@scion/schema';
import { z } from 'zod';
import { ImportSettings } from './import-settings.ts';

/** Parent to import process: the one task of the process's life. */
export const ImportCommand = z.strictObject({
  artifactsUrl: z.string(),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('upload'), key: z.string().describe('Object of the artifact store'), sha256: z.string() }),
    z.strictObject({
      type: z.literal('url'),
      url: z.string(),
      maxBytes: z.int(),
      allowPrivateAddresses: z.boolean().describe('Whether the URL may lead into the own network'),
    }),
  ]),
  settings: ImportSettings,
  folder: z.string().describe('Folder of the artifact store that the parameters go to'),
});
export type ImportCommand = z.infer<typeof ImportCommand>;

/** Import process to parent. `ready` comes once, before a command is taken; one of the others is the last message. */
export const ImportMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('imported'),
    report: ImportReport,
    parameterCount: z.int(),
    sizeBytes: z.int(),
    sha256: z.string().describe('Of the parameters file'),
  }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.string().describe('A key of the error catalogue'),
    message: z.string(),
    details: z.array(z.strictObject({ path: z.string(), message: z.string() })),
  }),
]);
export type ImportMessage = z.infer<typeof ImportMessage>;
