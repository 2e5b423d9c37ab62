import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that runs training steps when told, and says how long each took. */
export type StepProcess = { run(variant: string, steps: number): Promise<number[]>; close(): Promise<void> };

/** Starts one that reads {"variant", "steps"} lines and answers each with {"ms": […]}. */
export function startStepProcess(command: string, args: readonly string[]): StepProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-4000);
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(variant, steps) {
      child.stdin.write(`${JSON.stringify({ variant, steps })}\n`);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${command} ${args.join(' ')} ended: ${said}`);
      return (JSON.parse(value) as { ms: number[] }).ms;
    },
    close: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, 'exit');
}
