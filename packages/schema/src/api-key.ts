import { z } from 'zod';
import { ApiKeyId } from './id.ts';
import { PageQuery } from './page.ts';

/** What all records belong to that are made without a key. */
export const defaultProject = 'default';

/** Records of one project are not to be found with a key of another one. */
export const ProjectName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Expected up to 63 lower-case letters, digits and hyphens')
  .meta({ examples: ['vision-team'] });

/** `read` looks, `submit` changes what belongs to its project, `admin` manages the keys of all projects and reads the audit log. */
export const KeyScope = z.enum(['read', 'submit', 'admin']);
export type KeyScope = z.infer<typeof KeyScope>;

const KeyScopes = z
  .array(KeyScope)
  .min(1)
  .transform((scopes) => KeyScope.options.filter((scope) => scopes.includes(scope)));

export const ApiKey = z
  .strictObject({
    id: ApiKeyId,
    name: z.string(),
    project: ProjectName,
    scopes: z.array(KeyScope),
    start: z.string().describe('The first letters of the key, to know it again by'),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable().describe('null for never'),
    lastUsedAt: z.iso.datetime().nullable().describe('To the minute; null for not yet'),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;

export const CreateApiKey = z
  .strictObject({
    name: z.string().min(1).max(200).describe('What it is for'),
    project: ProjectName.default(defaultProject),
    scopes: KeyScopes.default(['read', 'submit']),
    expiresInDays: z.number().positive().max(3650).nullable().default(null).describe('null for never'),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof CreateApiKey>;
export type CreateApiKeyInput = z.input<typeof CreateApiKey>;

export const RotateApiKey = z
  .strictObject({
    graceMinutes: z
      .number()
      .min(0)
      .max(30 * 24 * 60)
      .default(24 * 60)
      .describe('How long the old key goes on working beside the new one'),
  })
  .meta({ id: 'RotateApiKey' });
export type RotateApiKey = z.infer<typeof RotateApiKey>;
export type RotateApiKeyInput = z.input<typeof RotateApiKey>;

/** The answer that makes a key: the only one that holds it. */
export const NewApiKey = ApiKey.extend({
  key: z.string().describe('The key itself, which the server does not keep: it cannot be shown again'),
}).meta({ id: 'NewApiKey' });
export type NewApiKey = z.infer<typeof NewApiKey>;

export const ListApiKeys = PageQuery.extend({ project: ProjectName.optional() });
export type ListApiKeys = z.infer<typeof ListApiKeys>;
