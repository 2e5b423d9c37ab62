import { readFile } from 'node:fs/promises';
import { ModelId, type Prediction } from '@scion/schema';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatShare } from '../output/quantities.ts';
import { renderTable } from '../output/table.ts';

/** Images a request, so that any number of files stays within what one body may hold. */
const filesPerRequest = 32;

export const modelPredict = defineCommand({
  path: ['model', 'predict'],
  summary: 'Predict image files with a model',
  positional: ['id', 'files'],
  input: z.strictObject({
    id: ModelId.describe('id of the model'),
    files: z.array(z.string()).min(1).describe('images: JPEG, PNG, WebP or GIF'),
    topK: z.coerce.number().int().min(1).max(1000).default(3).describe('how many of the likeliest labels to give'),
  }),
  run: async ({ id, files, topK }, { client, output }) => {
    const predictions: ({ file: string } & Prediction)[] = [];
    for (let start = 0; start < files.length; start += filesPerRequest) {
      const batch = files.slice(start, start + filesPerRequest);
      const answer = await client.models.predict(id, await Promise.all(batch.map(readImage)), { topK });
      predictions.push(...answer.predictions.map((prediction, index) => ({ file: batch[index] ?? '', ...prediction })));
    }
    output.result({ predictions }, () =>
      renderTable(
        ['file', 'prediction', 'score', 'next'],
        predictions.map(({ file, ...prediction }) => [file, ...cellsOf(prediction)]),
      ),
    );
    return exitCodes.ok;
  },
});

/** What is predicted, how surely, and what else comes into question. */
function cellsOf(prediction: Prediction): [string, string, string] {
  if ('value' in prediction) return [String(Number(prediction.value.toPrecision(6))), '', ''];
  if ('label' in prediction) return [prediction.label, formatShare(prediction.score), runnersUp(prediction.top)];
  const { labels, scores } = prediction;
  const ranked = Object.entries(scores).map(([label, score]) => ({ label, score }));
  const others = ranked.filter(({ label }) => !labels.includes(label)).sort((a, b) => b.score - a.score);
  return [labels.join(', '), labels.map((label) => formatShare(scores[label] ?? 0)).join(', '), runnersUp(others, 0)];
}

function runnersUp(top: readonly { label: string; score: number }[], from = 1): string {
  return top
    .slice(from, from + 3)
    .map(({ label, score }) => `${label} ${formatShare(score)}`)
    .join(', ');
}

async function readImage(file: string): Promise<Uint8Array> {
  return await readFile(file).catch((cause: unknown) => {
    throw new CliError(`Cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}
