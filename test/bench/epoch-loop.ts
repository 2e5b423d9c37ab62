import { readSync } from 'node:fs';
import { openDevice, trainLocally } from '@scion/trainer';
import { epochJob } from './epoch-job.ts';

/**
 * Child of bench:epoch, the whole of training: `epoch-loop ARCHIVE FOLDER PRECISION THREADS STEPS` packs the archive and trains on it
 * with the library's own loop, whose epochs have STEPS steps. For each {"variant", "steps"} line it goes on for that many steps, and
 * answers {"ms": […]}: milliseconds a step, one number for each epoch. It stops with its input.
 */
const [dataPath = '', outDir = '', precision = 'float32', threads = '2', epochOf = '5'] = process.argv.slice(2);
const stepsPerEpoch = Number(epochOf);
const stopping = new AbortController();
let epochsToGo = 0;
let epochStartedAt = 0;
let ms: number[] = [];

await openDevice({ threads: Number(threads) });
const { outcome } = await trainLocally({
  spec: epochJob({ precision, stepsPerEpoch, epochs: 1_000_000 }),
  dataPath,
  outDir,
  signal: stopping.signal,
  report(report) {
    if (report.type !== 'event') return;
    if (report.event === 'epoch.finished') finishEpoch();
    if (report.event === 'run.prepared' || epochsToGo === 0) waitForTurn();
    epochStartedAt = performance.now();
  },
});
if (outcome.type !== 'stopped') throw new Error(JSON.stringify(outcome));

function finishEpoch(): void {
  ms.push((performance.now() - epochStartedAt) / stepsPerEpoch);
  epochsToGo -= 1;
  if (epochsToGo > 0) return;
  process.stdout.write(`${JSON.stringify({ ms })}\n`);
  ms = [];
}

/** Reports are synchronous, so the loop stands still in this blocking read while another side has its turn. */
function waitForTurn(): void {
  const line = Buffer.alloc(1000);
  const length = readSync(0, line);
  if (length === 0) stopping.abort('cancel');
  else epochsToGo = (JSON.parse(line.toString('utf8', 0, length)) as { steps: number }).steps / stepsPerEpoch;
}
