import { createHash } from 'node:crypto';
import { parameterFiles, ScionError } from '@scion/schema';
import type { ArtifactStore, StoredObject } from '@scion/storage';
import { z } from 'zod';
import { ImportManifest, Manifest } from './manifest.ts';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.ts';

type Written = { sizeBytes: number; sha256: string };

/**
 * Writes a folder of tensors (a checkpoint or a model): the data first, the manifest with their SHA-256 last, each write atomic, so
 * that a folder with a manifest is whole. Gives the size of all files and the hash of the parameters. Throws ScionError `conflict`
 * where the folder has a manifest.
 */
export async function writeParameterFolder(
  store: ArtifactStore,
  folder: string,
  content: {
    parameters: readonly NamedArray[];
    optimizer: readonly NamedArray[] | null;
    /** Of the best model so far, where a run watches for it. */
    best?: readonly NamedArray[];
    manifest: Omit<Manifest, 'files'> | Omit<ImportManifest, 'files'>;
  },
): Promise<Written> {
  const manifestKey = `${folder}/${parameterFiles.manifest}`;
  if ((await store.sizeOf(manifestKey)) !== null) throw isWhole(folder);
  const write = (name: string, tensors: readonly NamedArray[]) =>
    store.put(`${folder}/${name}`, toAsync(encodeSafetensors(tensors)));
  const parameters = await write(parameterFiles.parameters, content.parameters);
  const files: Record<string, StoredObject> = { [parameterFiles.parameters]: parameters };
  if (content.optimizer) files[parameterFiles.optimizer] = await write(parameterFiles.optimizer, content.optimizer);
  if (content.best) files[parameterFiles.best] = await write(parameterFiles.best, content.best);
  const manifest = await store.putIfAbsent(manifestKey, JSON.stringify({ ...content.manifest, files }));
  if (!manifest) throw isWhole(folder);
  const sizeBytes = Object.values(files).reduce((sum, file) => sum + file.sizeBytes, manifest.sizeBytes);
  return { sizeBytes, sha256: parameters.sha256 };
}

function isWhole(folder: string): ScionError {
  return new ScionError('conflict', `${folder} is whole already: a checkpoint or model is written once`);
}

export type ParameterFolder = {
  manifest: Manifest;
  parameters: Map<string, NamedArray>;
  optimizer: Map<string, NamedArray>;
  best: Map<string, NamedArray>;
};

/**
 * Reads back the folder of a checkpoint or of a trained model, each file checked against the manifest.
 *
 * @throws ScionError `checkpointCorrupt` naming the file that is missing or has changed
 */
export async function readParameterFolder(
  store: ArtifactStore,
  folder: string,
  options: { withOptimizer: boolean },
): Promise<ParameterFolder> {
  const manifest = await readManifest(store, folder, Manifest);
  return {
    manifest,
    parameters: await readTensors(store, folder, { name: parameterFiles.parameters, manifest }),
    optimizer: options.withOptimizer
      ? await readTensors(store, folder, { name: parameterFiles.optimizer, manifest })
      : new Map<string, NamedArray>(),
    best: options.withOptimizer ? await readTensors(store, folder, { name: parameterFiles.best, manifest }) : new Map(),
  };
}

/** What a checkpoint says of itself; null where that cannot be read. */
export async function readManifestOf(store: ArtifactStore, folder: string): Promise<Manifest | null> {
  try {
    return await readManifest(store, folder, Manifest);
  } catch (error) {
    if (error instanceof ScionError && !error.retriable) return null;
    throw error;
  }
}

const AnyManifest = z.union([Manifest, ImportManifest]);

/** The same for what a finetune can start from, imported weights too. */
export async function readStartFolder(
  store: ArtifactStore,
  folder: string,
): Promise<{ manifest: Manifest | ImportManifest; parameters: Map<string, NamedArray> }> {
  const manifest = await readManifest(store, folder, AnyManifest);
  return { manifest, parameters: await readTensors(store, folder, { name: parameterFiles.parameters, manifest }) };
}

async function readTensors(
  store: ArtifactStore,
  folder: string,
  { name, manifest }: { name: string; manifest: Pick<Manifest, 'files'> },
): Promise<Map<string, NamedArray>> {
  const expected = manifest.files[name];
  return expected ? decodeSafetensors(await readChecked(store, `${folder}/${name}`, expected)) : new Map();
}

async function readManifest<Content>(store: ArtifactStore, folder: string, schema: z.ZodType<Content>): Promise<Content> {
  const key = `${folder}/${parameterFiles.manifest}`;
  const bytes = await store.get(key);
  if (!bytes) throw new ScionError('checkpointCorrupt', `${key} is missing`);
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new ScionError('checkpointCorrupt', `${key} cannot be read`, { cause });
  }
}

async function readChecked(store: ArtifactStore, key: string, expected: Written): Promise<Uint8Array> {
  const bytes = await store.get(key);
  if (!bytes) throw new ScionError('checkpointCorrupt', `${key} is missing`);
  if (bytes.length !== expected.sizeBytes || createHash('sha256').update(bytes).digest('hex') !== expected.sha256) {
    throw new ScionError('checkpointCorrupt', `${key} is not what was written: its size or SHA-256 differs from the manifest's`);
  }
  return bytes;
}

async function* toAsync(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
