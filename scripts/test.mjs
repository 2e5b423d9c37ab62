import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { becomeCommand, root } from './run-command.mjs';

/**
 * `npm test [-- FILTER… --OPTION…]`: every test, or those whose path contains a filter. Options go to Node's test runner
 * (`--test-name-pattern=cancel`).
 */
const args = process.argv.slice(2);
const filters = args.filter((arg) => !arg.startsWith('--'));
const options = args.filter((arg) => arg.startsWith('--'));

await bootstrap();
const files = testFiles().filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
if (files.length === 0) {
  console.error(`No test file has ${filters.join(' or ')} in its path.`);
  process.exitCode = 1;
} else {
  const concurrency = `--test-concurrency=${availableParallelism()}`;
  await becomeCommand(process.execPath, [
    '--enable-source-maps',
    '--test',
    '--test-reporter=spec',
    concurrency,
    ...options,
    ...files,
  ]);
}

/** Taken from the sources, not from `dist`, where the output of a deleted test may still stand. */
function testFiles() {
  const workspaces = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
  );
  const compiled = [
    ...workspaces.flatMap((workspace) => compiledTests(join(workspace, 'src'), join(workspace, 'dist'))),
    ...['e2e', 'parity', 'browser'].flatMap((name) => compiledTests(join(root, 'test', name), join(root, 'test', 'dist', name))),
  ];
  const scripts = readdirSync(join(root, 'scripts')).filter((name) => name.endsWith('.test.mjs'));
  return [...compiled, ...scripts.map((name) => join(root, 'scripts', name))].map((file) => relative(root, file)).sort();
}

function compiledTests(sources, output) {
  if (!existsSync(sources)) return [];
  return readdirSync(sources, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(output, name.replace(/\.ts$/, '.js')));
}
