/** Entry of the process that reads one file of weights: whatever a hostile file does, it does to this process alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { downloadFile } from '@scion/data';
import { ScionError, Settings } from '@scion/schema';
import { type ArtifactStore, openArtifactStore, storageOptionsOf } from '@scion/storage';
import { ImportCommand, type ImportMessage } from './import/import-protocol.ts';
import { importWeights } from './import/import-weights.ts';

if (!process.send) {
  process.stderr.write('import-process is forked by another process and talks over its IPC channel\n');
  process.exit(2);
}

// Whatever is half done is of no use to anyone once the parent is gone.
process.once('disconnect', () => process.exit(0));
process.once('message', (message) => void run(message));
process.send({ type: 'ready' } satisfies ImportMessage);

async function run(message: unknown): Promise<void> {
  const outcome = await importFile(message);
  process.send?.(outcome, () => process.disconnect());
}

async function importFile(message: unknown): Promise<ImportMessage> {
  try {
    const { artifactsUrl, source, settings, folder } = ImportCommand.parse(message);
    const store = await openArtifactStore(artifactsUrl, storageOptionsOf(Settings.parse(process.env)));
    const imported = await withFile(store, source, (file) => importWeights({ file, settings, store, folder }));
    return { type: 'imported', ...imported };
  } catch (error) {
    if (error instanceof ScionError) {
      return { type: 'failed', code: error.code, message: error.message, details: [...error.details] };
    }
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { type: 'failed', code: 'internal', message: 'Importing the weights failed unexpectedly', details: [] };
  }
}

type LocalFile = { path: string; sha256: string };

/** Gives `use` the source as a file of this machine. */
async function withFile<Result>(
  store: ArtifactStore,
  source: ImportCommand['source'],
  use: (file: LocalFile) => Promise<Result>,
): Promise<Result> {
  if (source.type === 'upload') {
    const [, folder = '', name = ''] = /^(.*)\/([^/]*)$/.exec(source.key) ?? [];
    return await use({ path: join(await store.localFolder(folder), name), sha256: source.sha256 });
  }
  const folder = await mkdtemp(join(tmpdir(), 'scion-weights-'));
  try {
    const path = join(folder, 'weights');
    const { url, ...rules } = source;
    const { sha256 } = await downloadFile(url, { path, rules });
    return await use({ path, sha256 });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
