/** Entry of the process that packs one upload: a decoder that crashes or runs out of memory takes only this process with it. */
import { type DatasetIssue, ScionError } from '@scion/schema';
import { packDataset } from './pack/pack-dataset.ts';
import { PackCommand, type PackMessage } from './pack-protocol.ts';
import { writePreview } from './preview/write-preview.ts';
import { fetchSource } from './sources/fetch-source.ts';

if (!process.send) {
  process.stderr.write('pack-process is forked by another process and talks over its IPC channel\n');
  process.exit(2);
}

// Whatever is half done is of no use to anyone once the parent is gone; the next attempt starts over.
process.once('disconnect', () => process.exit(0));
process.once('message', (message) => void run(message));
send({ type: 'ready' });

async function run(message: unknown): Promise<void> {
  const outcome = await pack(message);
  process.send?.(outcome, () => process.disconnect());
}

async function pack(message: unknown): Promise<PackMessage> {
  try {
    const { type: _, fetch, ...request } = PackCommand.parse(message);
    const fetched = fetch === null ? null : await fetchSource(fetch.source, { path: request.uploadPath, rules: fetch.rules });
    const report = await packDataset({
      ...request,
      fileName: fetched?.fileName ?? request.fileName,
      onProgress: ({ examples }) => send({ type: 'progress', examples }),
      onResume: ({ examples }) => process.stdout.write(`Going on after the ${examples} examples of an earlier try\n`),
    });
    const notes = [...(fetched?.notes ?? []), ...(await addPreview(request.outDir))];
    return { type: 'packed', report: { ...report, issues: [...notes, ...report.issues] }, fetched };
  } catch (error) {
    if (error instanceof ScionError) {
      return { type: 'failed', code: error.code, message: error.message, details: [...error.details] };
    }
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return { type: 'failed', code: 'internal', message: 'Packing the data set failed unexpectedly', details: [] };
  }
}

/** A data set that cannot be drawn (a machine without any font, say) can be trained on nevertheless. */
async function addPreview(outDir: string): Promise<DatasetIssue[]> {
  try {
    await writePreview(outDir);
    return [];
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    const message = 'The preview could not be made; the log of the worker says why';
    return [{ code: 'preview-missing', severity: 'warning', split: null, path: null, row: null, message }];
  }
}

function send(message: PackMessage): void {
  process.send?.(message);
}
