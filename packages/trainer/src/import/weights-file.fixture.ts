import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScionError } from '@scion/schema';
import { withTensorFile } from './tensor-file.ts';

/** Gives `use` bytes as a file that goes away afterwards. */
export async function withFile<Result>(bytes: Uint8Array, use: (path: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'scion-weights-'));
  try {
    const path = join(folder, 'weights');
    await writeFile(path, bytes);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Content = {
  format: string;
  entry: string | null;
  tensors: Record<string, { shape: number[]; values: number[] }>;
  others: string[];
};

/** All that a file of weights holds. */
export async function contentOf(bytes: Uint8Array, { entry = null }: { entry?: string | null } = {}): Promise<Content> {
  return await withFile(bytes, (path) =>
    withTensorFile(path, { entry }, async (file) => {
      const tensors: Content['tensors'] = {};
      for (const { name, shape, read } of file.tensors) tensors[name] = { shape: [...shape], values: [...(await read())] };
      return { format: file.format, entry: file.entry, tensors, others: [...file.others] };
    }),
  );
}

/** Expects a file to be refused as weights, for a reason that matches. */
export async function assertRefused(bytes: Uint8Array, pattern: RegExp): Promise<void> {
  await assert.rejects(contentOf(bytes), (error) => {
    assert.ok(error instanceof ScionError && error.code === 'weightsInvalid', String(error));
    assert.match(error.message, pattern);
    return true;
  });
}
