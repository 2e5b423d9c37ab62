import { createHash } from 'node:crypto';
import type { ScionClient } from '@scion/client';
import type { Dataset } from '@scion/schema';
import { CliError } from '../cli-error.ts';
import { formatCount } from '../output/quantities.ts';
import { countDigits, cropDigits, type DigitSplits, shrinkDigits, sliceDigits } from './digit-set.ts';
import { packIdxArchive } from './idx-archive.ts';
import { readMnistDigits } from './mnist-digits.ts';
import { readUciDigits, UciDigitsUnavailable } from './uci-digits.ts';

export type NamedDigits = { name: string; splits: DigitSplits };

/** The two sets of digits: one to pretrain on, another, written by other people, to finetune on. `onNote` hears of a stand-in. */
export async function readDigits({
  cacheDir,
  onNote,
}: {
  cacheDir: string;
  onNote: (line: string) => void;
}): Promise<{ many: NamedDigits; few: NamedDigits }> {
  const [mnist, uci] = await Promise.all([readMnistDigits(), readUciDigits({ cacheDir }).catch(reasonWhyNot)]);
  const many = { name: 'MNIST digits', splits: mnist };
  if (typeof uci !== 'string') return { many, few: { name: 'UCI digits', splits: uci } };
  onNote(`The UCI digits could not be fetched (${uci}); digits of MNIST that pretraining does not see, shrunk to 8×8, stand in.`);
  return splitOff(mnist);
}

/** MNIST keeps its digits within the 20×20 pixels in the middle. */
const mnistMargin = 4;

/** Shrinks the test split to 8×8 digits: 1,000 of them for finetuning with few labels, the rest to measure on. */
function splitOff({ train, test }: DigitSplits): { many: NamedDigits; few: NamedDigits } {
  const small = shrinkDigits(cropDigits(test, mnistMargin), 8);
  const heldBack = { train: sliceDigits(small, 0, 1000), test: sliceDigits(small, 1000, countDigits(small)) };
  return {
    many: { name: 'MNIST digits', splits: { train, test } },
    few: { name: 'MNIST digits, 8×8', splits: heldBack },
  };
}

function reasonWhyNot(error: unknown): string {
  if (error instanceof UciDigitsUnavailable) return error.message;
  throw error;
}

/** Uploads a set of digits as anyone would, and waits until it is ready. One that the server has already is used as it is. */
export async function addDigits(
  { name, splits }: NamedDigits,
  client: ScionClient,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Dataset> {
  const archive = await packIdxArchive(splits);
  const sha256 = createHash('sha256').update(archive).digest('hex');
  const known = (await client.datasets.list({ state: 'ready', limit: 500 })).data.find((dataset) => dataset.sha256 === sha256);
  if (known !== undefined) return known;
  const file = new Blob([new Uint8Array(archive)]);
  const added = await client.datasets.create(file, { name, fileName: 'digits.tar' });
  const dataset = await client.datasets.waitUntilReady(added.id, { pollMs: 100, signal });
  if (dataset.state === 'ready') return dataset;
  throw new CliError(`The server refused the ${name}: ${dataset.error?.message ?? 'it did not say why'}`);
}

export function describeDigits({ name, splits: { train, test } }: NamedDigits): string {
  return `${formatCount(countDigits(train))} ${name} to train on and ${formatCount(countDigits(test))} to test on, ${train.size}×${train.size}`;
}
