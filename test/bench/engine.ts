import { fileURLToPath } from 'node:url';
import { engineModels } from './engine-models.ts';
import { median, quantile } from './statistics.ts';
import { type StepProcess, startStepProcess } from './step-process.ts';
import { torchPython } from './torch-environment.ts';

/**
 * `npm run bench:engine [MODEL…]`: milliseconds of a training step (forward, backward, SGD with momentum) on a batch in memory, here and in
 * PyTorch, 2 threads each, in turns. What takes more than twice the time of its side's best in the first round is left out of the others.
 */
const threads = 2;
const rounds = 5;
const stepsPerRound = 5;
const modes = ['eager', 'eager-channels-last', 'compiled', 'compiled-channels-last'];
const sides = {
  scion: { float32: ['float32'], any: ['float32', 'bfloat16'] },
  torch: { float32: modes, any: [...modes, ...modes.map((mode) => `${mode}-bf16`)] },
} as const;
type Side = keyof typeof sides;

const asked = process.argv.slice(2);
const unknown = asked.find((id) => !engineModels.some((model) => model.id === id));
if (unknown) throw new Error(`No such model: ${unknown}. There are ${engineModels.map(({ id }) => id).join(', ')}`);
const python = torchPython();
const missed: string[] = [];
for (const model of engineModels) {
  if (asked.length > 0 && !asked.includes(model.id)) continue;
  const times = await timesOf(model.id);
  console.log(`\n${model.id}, ${model.side}×${model.side}, batch ${model.batch}: milliseconds a step, median (quartiles)`);
  for (const [name, ms] of times) console.log(`  ${name.padEnd(38)} ${describe(ms)}`);
  for (const precision of ['float32', 'any'] as const) {
    const [ours, theirs] = [best('scion', precision, times), best('torch', precision, times)];
    const ratio = ours.ms / theirs.ms;
    const verdict = `${model.id}, ${precision}: ${ratio.toFixed(2)} (${ours.variant} / ${theirs.variant}), wanted at most ${model.atMost[precision]}`;
    console.log(`  ${verdict}`);
    if (ratio > model.atMost[precision]) missed.push(verdict);
  }
}
for (const verdict of missed) console.log(`missed: ${verdict}`);
process.exitCode = missed.length > 0 ? 1 : 0;

async function timesOf(id: string): Promise<Map<string, number[]>> {
  const script = fileURLToPath(new URL('./engine-steps.js', import.meta.url));
  const torchScript = fileURLToPath(new URL('../../parity/step_speed.py', import.meta.url));
  const processes: Record<Side, StepProcess> = {
    scion: startStepProcess(process.execPath, ['--enable-source-maps', script, id, String(threads)]),
    torch: startStepProcess(python, [torchScript, '--model', id, '--threads', String(threads)]),
  };
  try {
    const kept = [...(await worthRepeating('scion', processes.scion)), ...(await worthRepeating('torch', processes.torch))];
    const times = new Map<string, number[]>();
    for (let round = 0; round < rounds; round++) {
      for (const { side, variant } of kept) {
        const ms = await processes[side].run(variant, stepsPerRound);
        times.set(`${side} ${variant}`, [...(times.get(`${side} ${variant}`) ?? []), ...ms]);
      }
    }
    return times;
  } finally {
    await Promise.all(Object.values(processes).map((running) => running.close()));
  }
}

/**
 * Warms each variant up, and drops those that are far behind. Where the first one in bfloat16 is, the machine emulates it and a step may
 * take half a minute: it takes no second one, and the others in bfloat16 are not even tried.
 */
async function worthRepeating(side: Side, running: StepProcess) {
  const tried: { side: Side; variant: string; ms: number }[] = [];
  let isLowPrecisionSlow = false;
  for (const variant of sides[side].any) {
    const isLowPrecision = !(sides[side].float32 as readonly string[]).includes(variant);
    if (isLowPrecision && isLowPrecisionSlow) continue;
    const [first = Number.NaN] = await running.run(variant, 1);
    isLowPrecisionSlow ||= isLowPrecision && first > 5 * Math.min(...tried.map((one) => one.ms));
    const [ms = first] = isLowPrecisionSlow ? [] : await running.run(variant, 1);
    tried.push({ side, variant, ms });
  }
  const fastest = Math.min(...tried.map(({ ms }) => ms));
  for (const { variant, ms } of tried.filter((one) => one.ms > 2 * fastest)) {
    console.log(`  ${side} ${variant}: ${ms.toFixed(0)} ms, left out`);
  }
  if (isLowPrecisionSlow) console.log(`  ${side} in bfloat16: others not tried`);
  return tried.filter(({ ms }) => ms <= 2 * fastest);
}

function best(side: Side, precision: 'float32' | 'any', times: ReadonlyMap<string, number[]>): { variant: string; ms: number } {
  const found = sides[side][precision].flatMap((variant) => {
    const ms = times.get(`${side} ${variant}`);
    return ms ? [{ variant, ms: median(ms) }] : [];
  });
  return found.reduce((a, b) => (b.ms < a.ms ? b : a));
}

function describe(ms: readonly number[]): string {
  const at = (share: number) => quantile(ms, share).toFixed(0);
  return `${median(ms).toFixed(0)} (${at(0.25)} to ${at(0.75)}, n = ${ms.length})`;
}
