import { createHash } from 'node:crypto';
import { artifactKeys, parameterFiles } from '@scion/schema';
import { eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { checkpoints, datasets, models } from '../database/tables.ts';
import { uploadKeyOf } from '../datasets/stored-upload.ts';
import type { Finding } from './finding.ts';
import type { StoredFiles } from './stored-files.ts';

/** `deep` reads every byte and compares its SHA-256; else only names and sizes are looked at. */
export type FolderOptions = { files: StoredFiles; deep: boolean };

const Manifest = z.looseObject({ files: z.record(z.string(), z.looseObject({ sizeBytes: z.int(), sha256: z.string() })) });

/** Checkpoints, models and data sets whose files are not what their records say. */
export async function checkFolders({ orm }: Database, options: FolderOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const note = (code: Finding['code'], subject: string, detail: string | null) => {
    if (detail !== null) findings.push({ code, subject, detail });
  };
  for (const row of await orm.select().from(checkpoints).where(eq(checkpoints.isCorrupt, false)).orderBy(checkpoints.id))
    note('checkpointDamaged', row.id, await damageOf(row, options));
  for (const row of await orm.select().from(models).orderBy(models.id))
    note('modelDamaged', row.id, await damageOf(row, options));
  for (const row of await orm.select().from(datasets).where(eq(datasets.state, 'ready')).orderBy(datasets.id))
    note('datasetDamaged', row.id, await datasetDamage(row, options));
  return findings;
}

/** Passes damaged checkpoints over from now on. */
export async function markDamaged({ orm }: Database, findings: readonly Finding[]): Promise<void> {
  for (const { code, subject } of findings) {
    if (code === 'checkpointDamaged')
      await orm.update(checkpoints).set({ isCorrupt: sql`true` }).where(eq(checkpoints.id, subject));
  }
}

/** What is wrong with a folder of parameters, or null. */
async function damageOf(
  { key: folder, sha256 }: { key: string; sha256: string },
  { files, deep }: FolderOptions,
): Promise<string | null> {
  const manifest = parseManifest(await files.get(`${folder}/${parameterFiles.manifest}`));
  if (manifest === null) return `${parameterFiles.manifest} is missing or cannot be read`;
  if (manifest.files[parameterFiles.parameters]?.sha256 !== sha256)
    return `${parameterFiles.parameters} is not that of the record`;
  for (const [name, expected] of Object.entries(manifest.files)) {
    const key = `${folder}/${name}`;
    const sizeBytes = await files.sizeOf(key);
    if (sizeBytes === null) return `${name} is missing`;
    if (sizeBytes !== expected.sizeBytes) return `${name} has ${sizeBytes} bytes, not ${expected.sizeBytes}`;
    if (deep && (await sha256Of(files, key)) !== expected.sha256) return `${name} has other bytes than were written`;
  }
  return null;
}

async function datasetDamage(row: typeof datasets.$inferSelect, { files, deep }: FolderOptions): Promise<string | null> {
  if ((await files.list(artifactKeys.datasetPacked(row.id))).length === 0) return 'nothing is packed';
  const upload = uploadKeyOf(row);
  const sizeBytes = await files.sizeOf(upload);
  if (sizeBytes === null) return `${upload} is missing`;
  if (sizeBytes !== row.sizeBytes) return `${upload} has ${sizeBytes} bytes, not ${row.sizeBytes}`;
  if (deep && row.sha256 !== null && (await sha256Of(files, upload)) !== row.sha256) return `${upload} has other bytes than came`;
  return null;
}

function parseManifest(bytes: Uint8Array | null): z.infer<typeof Manifest> | null {
  if (bytes === null) return null;
  try {
    return Manifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null; // Torn, or another file
  }
}

async function sha256Of(files: StoredFiles, key: string): Promise<string | null> {
  const stream = await files.openRead(key);
  if (stream === null) return null;
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
