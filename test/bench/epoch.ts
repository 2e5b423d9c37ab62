import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sharedData } from '../support/shared-data.ts';
import { epochSteps } from './epoch-job.ts';
import { median, summarize } from './statistics.ts';
import { type StepProcess, startStepProcess } from './step-process.ts';
import { torchPython } from './torch-environment.ts';

/**
 * `npm run bench:epoch -- [--steps 100] [--rounds 5] [--precision float32]`: what an epoch of the reference listing on CIFAR-10's 50,000
 * training images takes with everything (loader, augmentation, step, reports), beside the step alone on a batch in memory, and beside
 * PyTorch as people write it. The sides take turns; the first steps of a turn are not counted, for their batches lie ready.
 */
const threads = '2';
const leadInSteps = 5;
const atMost = { pureStep: 1.05, torch: 0.45 };

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '5' },
    precision: { type: 'string', default: 'float32' },
  },
});
const rounds = Number(options.rounds);
/** The loop tells its time once in so many steps, so turns are multiples of them. */
const turnSteps = leadInSteps * Math.max(1, Math.ceil(Number(options.steps) / rounds / leadInSteps));
if (!(rounds >= 1 && turnSteps >= 1)) throw new Error('--steps and --rounds are numbers from 1 up');

const archive = join(sharedData, 'cifar10', 'cifar10-images.tar.gz');
if (!existsSync(archive)) {
  console.log('skipped: no cifar10/cifar10-images.tar.gz in ../shared/data');
  process.exit(0);
}
const python = torchPython();
const folder = await mkdtemp(join(tmpdir(), 'scion-bench-'));
const running: StepProcess[] = [];
try {
  const turns = await takeTurns(await startSides());
  for (const [side, ms] of Object.entries(turns)) console.log(`  ${side.padEnd(10)} ${describe(ms)}`);
  const missed = [
    judge('loop / pure step', ratios(turns.loop, turns.pureStep), atMost.pureStep),
    judge('loop / PyTorch', ratios(turns.loop, turns.torch), atMost.torch),
  ].includes(false);
  process.exitCode = missed ? 1 : 0;
} finally {
  await Promise.all(running.map((side) => side.close()));
  await rm(folder, { recursive: true, force: true });
}

type Sides<Value> = { loop: Value; pureStep: Value; torch: Value };

/** Starts the sides one after the other, each up to the end of its first steps. */
async function startSides(): Promise<Sides<StepProcess>> {
  const start = async (what: string, command: readonly [string, ...string[]]) => {
    const startedAt = performance.now();
    const side = startStepProcess(command[0], command.slice(1));
    running.push(side);
    await side.run('', leadInSteps);
    console.log(
      `${what}, and the first ${leadInSteps} steps: ${((performance.now() - startedAt) / 1000).toFixed(1)} s, not counted`,
    );
    return side;
  };
  const script = (name: string) => ['--enable-source-maps', fileURLToPath(new URL(`./${name}.js`, import.meta.url))];
  const torchScript = fileURLToPath(new URL('../../parity/epoch_speed.py', import.meta.url));
  const loopArgs = [archive, join(folder, 'run'), options.precision, threads, String(leadInSteps)];
  return {
    loop: await start('Packing, recording', [process.execPath, ...script('epoch-loop'), ...loopArgs]),
    pureStep: await start('Recording the step alone', [
      process.execPath,
      ...script('epoch-pure-step'),
      options.precision,
      threads,
    ]),
    torch: await start('PyTorch: unpacking', [python, torchScript, '--archive', archive, '--threads', threads]),
  };
}

/** Milliseconds a step of each side, one number for each of its turns. */
async function takeTurns(sides: Sides<StepProcess>): Promise<Sides<number[]>> {
  const turns: Sides<number[]> = { loop: [], pureStep: [], torch: [] };
  const names = ['loop', 'pureStep', 'torch'] as const;
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      await sides[name].run('', leadInSteps);
      turns[name].push(summarize(await sides[name].run('', turnSteps)).mean);
    }
    console.log(`round ${round}: ${names.map((name) => `${name} ${turns[name].at(-1)?.toFixed(0)} ms`).join(', ')} a step`);
  }
  const share = ((100 * rounds * turnSteps) / epochSteps).toFixed(0);
  console.log(
    `\n${options.precision}, ${threads} threads, ${rounds} turns of ${turnSteps} steps a side: ${share} % of an epoch, whose time is scaled from them`,
  );
  return turns;
}

function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((ms, round) => ms / (theirs[round] ?? Number.NaN));
}

function describe(ms: readonly number[]): string {
  const { min, max } = summarize(ms);
  const epoch = (median(ms) * epochSteps) / 1000;
  return `${median(ms).toFixed(1)} ms a step (${min.toFixed(1)} to ${max.toFixed(1)}, n = ${ms.length}); an epoch of ${epochSteps} steps: ${epoch.toFixed(0)} s`;
}

/** Whether the median over the rounds is small enough. */
function judge(what: string, values: readonly number[], wanted: number): boolean {
  const { min, max } = summarize(values);
  const holds = median(values) <= wanted;
  const spread = `${min.toFixed(3)} to ${max.toFixed(3)}, n = ${values.length}`;
  console.log(`${holds ? 'holds ' : 'missed'}  ${what}: ${median(values).toFixed(3)} (${spread}), wanted at most ${wanted}`);
  return holds;
}
