import { parseArgs } from 'node:util';
import { runChaos } from './chaos/run-chaos.ts';

/** `npm run chaos -- --seed N --minutes M --faults K`: the same seed draws the same faults in the same order. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '5' },
    faults: { type: 'string', default: '1000000' },
    'without-redis': { type: 'boolean', default: false },
  },
});

const seed = Number(values.seed);
const startedMs = performance.now();
console.log(`seed ${seed}`);
try {
  const report = await runChaos({
    seed,
    minutes: Number(values.minutes),
    faults: Number(values.faults),
    withRedis: !values['without-redis'],
    say: (line) => console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}`),
  });
  const total = Object.values(report.injected).reduce((sum, n) => sum + n, 0);
  for (const [name, n] of Object.entries(report.injected).sort(([, a], [, b]) => b - a))
    console.log(`${String(n).padStart(5)}  ${name}`);
  for (const finding of report.found) console.log(`repaired: ${finding}`);
  console.log(`seed ${seed}: ${total} faults, ${report.jobs} jobs, ${report.retried} retried by hand; nothing lost`);
} catch (error) {
  console.error(`seed ${seed} failed:`, error);
  process.exitCode = 1;
}
