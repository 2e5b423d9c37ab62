import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { CommandFailed, root, runCommand } from './run-command.mjs';

const bin = (name) => join('node_modules', '.bin', name);

/** All that must hold of the code besides its tests. Every check runs, so that one look shows all that is wrong. */
const checks = [
  { title: 'format and lint', command: [bin('biome'), 'ci', '--colors=off', '.'], fix: 'npm run fix' },
  { title: 'lint with types', command: [bin('oxlint'), '--type-aware', '.'], fix: 'change the lines named above' },
  { title: 'types', command: [bin('tsc'), '-b'], fix: 'change the lines named above, then: npx tsc -b' },
  { title: 'unused code', command: [bin('knip')], fix: 'remove what is named above, or use it' },
  { title: 'generated files', command: ['node', 'scripts/generate.mjs', '--check'], fix: 'npm run generate' },
  { title: 'docker', command: ['node', 'scripts/lint-docker.mjs'], fix: 'change the lines named above' },
];

await bootstrap({ runtime: false });
for (const { title, command, fix } of checks) {
  const [program, ...args] = command;
  if (program === 'node' && !existsSync(join(root, args[0]))) continue;
  const startedMs = performance.now();
  try {
    await runCommand(program, args);
    console.log(`ok      ${title} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.log(`${error.output.trimEnd()}\nFAILED  ${title}. To fix it: ${fix}`);
    process.exitCode = 1;
  }
}
