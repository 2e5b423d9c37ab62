import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { extractWheel, sha256OfFile } from './extract-wheel.ts';
import { fetchWheel, pipCommand } from './fetch-wheel.ts';
import { bindingFile, findRuntime, type InstalledRuntime, type RuntimeRecord, recordFile } from './locate.ts';
import { type Release, releaseFor } from './release.ts';
import { RuntimeUnavailable } from './runtime-unavailable.ts';

const run = promisify(execFile);

export type InstallOptions = { root: string; gpu: boolean; say: (line: string) => void };

/**
 * Puts TensorFlow's C library and tfjs's native addon, compiled against it, into the runtime folder, once a machine. Safe to cut
 * off and start again: finished downloads are kept, and the runtime's folder appears whole or not at all.
 *
 * @throws RuntimeUnavailable where the platform, Python's pip or a C++ compiler is missing, or the download failed
 */
export async function installRuntime({ root, gpu, say }: InstallOptions): Promise<InstalledRuntime> {
  const present = await findRuntime({ root, gpu });
  if (present) return present;
  const release = releaseFor({ platform: process.platform, arch: process.arch, gpu });
  if (!release) {
    throw new RuntimeUnavailable(`there is no TensorFlow ${gpu ? 'CUDA ' : ''}build for ${process.platform} on ${process.arch}`);
  }
  const pip = await pipCommand();
  const compiler = await compilerCommand();
  await mkdir(root, { recursive: true });
  await removeAbandoned(root);
  const folder = await mkdtemp(join(root, 'partial-'));
  try {
    await chmod(folder, 0o755); // mkdtemp makes it private, but other users of this machine may run it
    await build({ release, folder, pip, compiler, downloads: join(root, 'downloads'), say });
    await publish({
      folder,
      destination: join(root, release.id),
      isComplete: async () => (await findRuntime({ root, gpu })) !== null,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await rm(join(root, 'downloads'), { recursive: true, force: true });
  const installed = await findRuntime({ root, gpu });
  if (!installed) throw new Error(`the runtime in ${root} is incomplete right after its set-up`);
  return installed;
}

type BuildOptions = {
  release: Release;
  folder: string;
  pip: readonly [string, ...string[]];
  compiler: string;
  downloads: string;
  say: (line: string) => void;
};

async function build({ release, folder, pip, compiler, downloads, say }: BuildOptions): Promise<void> {
  const site = join(folder, 'site');
  for (const wheel of release.wheels) {
    const path = await fetchWheel(wheel, { pip, downloads, say });
    await extractWheel(path, site, { say });
  }
  say(`compiling the native addon with ${compiler}`);
  await compileBinding({ compiler, folder, site });
  const files: RuntimeRecord['files'] = {};
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'].map((name) => join('site', 'tensorflow', name));
  for (const path of [bindingFile, ...libraries]) {
    const absolute = join(folder, path);
    files[path] = { sizeBytes: (await stat(absolute)).size, sha256: await sha256OfFile(absolute) };
  }
  const record: RuntimeRecord = { tensorflow: release.tensorflow, gpu: release.gpu, compiler, files };
  await writeFile(join(folder, recordFile), `${JSON.stringify(record, null, 2)}\n`);
}

async function compileBinding({ compiler, folder, site }: { compiler: string; folder: string; site: string }): Promise<void> {
  const require = createRequire(import.meta.url);
  const sources = dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json'));
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const tensorflow = join(site, 'tensorflow');
  const args = ['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8'];
  args.push(`-I${sources}`, `-I${join(tensorflow, 'include')}`, `-I${headers}`);
  args.push(join(sources, 'binding', 'tfjs_backend.cc'), join(sources, 'binding', 'tfjs_binding.cc'));
  args.push('-o', join(folder, bindingFile), `-L${tensorflow}`);
  args.push('-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/site/tensorflow');
  await run(compiler, args, { maxBuffer: 16 * 2 ** 20 });
}

async function compilerCommand(): Promise<string> {
  for (const name of ['g++', 'c++', 'clang++']) {
    const found = await run(name, ['--version']).catch(() => null);
    if (found) return name;
  }
  throw new RuntimeUnavailable(
    'no C++ compiler was found; install one (Debian and Ubuntu: apt-get install g++, Fedora: dnf install gcc-c++)',
  );
}

type PublishOptions = { folder: string; destination: string; isComplete: () => Promise<boolean> };

/** Another process may have finished first: its runtime is as good as ours. What is there but incomplete makes way. */
async function publish({ folder, destination, isComplete }: PublishOptions): Promise<void> {
  await rename(folder, destination).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    if (await isComplete()) return;
    await rm(destination, { recursive: true, force: true });
    await rename(folder, destination);
  });
}

const abandonedAfterMs = 60 * 60 * 1000;

async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith('partial-')) continue;
    const { mtimeMs } = await stat(join(root, name));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(join(root, name), { recursive: true, force: true });
  }
}
