import './node-version.mjs';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isInstallFresh, isNewerThan } from './freshness.mjs';
import { CommandFailed, root, runCommand } from './run-command.mjs';

const tsc = join('node_modules', '.bin', 'tsc');
const runtimeSetup = join('packages', 'engine', 'dist', 'setup.js');
const dashboard = join('apps', 'dashboard');
/** Its age is that of the last whole build: the compiler leaves the outputs alone whose sources only look newer. */
const buildStamp = join(root, 'test', 'dist', '.built');

/** What must hold before anything of Scion runs, in order. A step that is fresh costs milliseconds and prints nothing. */
const steps = [
  {
    id: 'install',
    title: 'Installing packages from the lock file',
    isFresh: () => isInstallFresh(root),
    run: () => runCommand('npm', ['ci']),
  },
  {
    id: 'build',
    title: 'Compiling',
    isFresh: () => isNewerThan(buildStamp, [path('packages'), path('apps'), path('test'), path('tsconfig.base.json')]),
    run: async () => {
      await runCommand(tsc, ['-b']);
      writeFileSync(buildStamp, '');
    },
  },
  {
    id: 'dashboard',
    title: 'Building the dashboard',
    isFresh: () =>
      isNewerThan(path(dashboard, 'dist', 'index.html'), [path(dashboard), path('packages/client'), path('packages/schema')]),
    run: () => runCommand('npm', ['run', '--silent', 'build', '--workspace', '@scion/dashboard']),
  },
];

/**
 * Installs, builds and sets up the TensorFlow runtime, as far as that is not done yet. Progress goes to standard error, so that
 * the output of what runs next stays clean. A step that fails ends the process.
 */
export async function bootstrap({ runtime = true } = {}) {
  for (const step of steps) {
    if (!step.isFresh()) await timed(step);
  }
  if (runtime) await setUpRuntime();
}

function path(...parts) {
  return join(root, ...parts);
}

async function timed({ title, run }) {
  const startedMs = performance.now();
  process.stderr.write(`${title} … `);
  try {
    await run();
    process.stderr.write(`${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.stderr.write(`failed\n${error.output}\n${error.message}\n`);
    process.exit(1);
  }
}

/** The set-up itself is quick where nothing is to do, and says in a line where it falls back. */
async function setUpRuntime() {
  if (!existsSync(path(runtimeSetup))) return;
  try {
    await runCommand(process.execPath, [runtimeSetup], { show: 'stderr' });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await bootstrap();
