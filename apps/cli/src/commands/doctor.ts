import type { Diagnosis } from '@scion/engine';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

export const doctor = defineCommand({
  path: ['doctor'],
  summary: 'Say what trains on this machine, and why',
  input: z.strictObject({
    selftest: z.boolean().default(false).describe('check the device: equality, exactness, speed'),
    setup: z.boolean().default(false).describe('set up the TensorFlow runtime first'),
    gpu: z.boolean().default(false).describe('with --setup: the runtime for NVIDIA GPUs'),
  }),
  run: async ({ selftest, setup, gpu }, { output, commandName }) => {
    const engine = await import('@scion/engine');
    if (setup) {
      await engine
        .installRuntime({ root: engine.runtimeRoot(), gpu, say: (line) => output.note(`runtime: ${line}`) })
        .catch((cause: unknown) => {
          if (!(cause instanceof engine.RuntimeUnavailable)) throw cause;
          throw new CliError(`TensorFlow cannot be set up: ${cause.message}.`, {
            cause,
            next: `Training goes on with WebAssembly until then: ${commandName} doctor`,
          });
        });
    }
    const diagnosis = await engine.diagnose({ selfTest: selftest });
    output.result(diagnosis, () => renderDiagnosis(diagnosis, commandName));
    const passed = diagnosis.device !== null && (diagnosis.selfTest ?? []).every(({ ok }) => ok);
    return passed ? exitCodes.ok : exitCodes.failed;
  },
});

function renderDiagnosis(
  { node, platform, cores, memoryGiB, gpu, runtime, officialBinary, ...found }: Diagnosis,
  commandName: string,
) {
  const lines = [
    `machine   ${platform}, ${cores} cores, ${memoryGiB} GiB, ${gpu ? 'an NVIDIA GPU' : 'no GPU'}, Node ${node}`,
    `runtime   ${runtime === null ? 'not set up' : `TensorFlow ${runtime.tensorflow}, built with ${runtime.compiler}, in ${runtime.folder}`}`,
  ];
  if (officialBinary !== null) lines.push(`binary    ${officialBinary}`);
  lines.push(`trains on ${found.device?.description ?? 'nothing'}`);
  const warning = found.problem ?? found.device?.warning ?? null;
  if (warning !== null) lines.push(`warning   ${warning}`);
  for (const { name, ok, detail } of found.selfTest ?? []) lines.push(`${ok ? 'ok       ' : 'FAILED   '} ${name}: ${detail}`);
  if (runtime === null) lines.push(`Set it up: ${commandName} doctor --setup`);
  return lines;
}
