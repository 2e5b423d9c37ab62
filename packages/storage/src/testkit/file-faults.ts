import { promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * `shortWrite` writes half of the bytes before it fails, and does all of a call that writes none: its answer is lost. After `kill`
 * nothing of the operation happens any more, its cleaning up neither.
 */
export const fileFaults = ['EIO', 'ENOSPC', 'shortWrite', 'kill'] as const;
export type FileFault = (typeof fileFaults)[number];

const functions = ['open', 'rename', 'link', 'mkdir', 'rm', 'readdir', 'lstat', 'cp'] as const;
const methods = ['writeFile', 'readFile', 'read', 'stat', 'sync', 'close'] as const;
type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Runs an operation of which the `at`-th call (from 1) to `node:fs/promises`, or to a file that it opened, fails; none where `at` is 0.
 * Gives how many calls it made, and the error that it ended with. One operation at a time in a process.
 */
export async function failFileCall(
  { at, fault }: { at: number; fault: FileFault },
  operate: () => Promise<unknown>,
): Promise<{ calls: number; error: unknown }> {
  const originals = new Map(functions.map((name) => [name, promises[name] as Call]));
  const openFiles = new Set<Call>();
  let calls = 0;
  let die = () => {};
  const death = new Promise<null>((resolve) => {
    die = () => resolve(null);
  });

  const guarded = (name: string, call: Call): Call => {
    return async (...args) => {
      calls++;
      if (calls !== at) return call(...args);
      if (fault === 'kill') {
        die();
        return new Promise(() => {});
      }
      if (fault === 'shortWrite' || name === 'close') await half(name, call, args); // A file that is not closed would stay open
      throw Object.assign(new Error(`${fault} at call ${at}, ${name}`), { code: fault === 'ENOSPC' ? 'ENOSPC' : 'EIO' });
    };
  };
  const guardFile = (file: unknown): unknown => {
    const handle = file as Record<string, Call>;
    const close = handle['close']?.bind(file) ?? (async () => {});
    openFiles.add(close);
    for (const name of methods) {
      const method = name === 'close' ? () => close().finally(() => openFiles.delete(close)) : handle[name]?.bind(file);
      if (method) handle[name] = guarded(name, method);
    }
    return file;
  };

  for (const [name, original] of originals) {
    const call = name === 'open' ? async (...args: unknown[]) => guardFile(await original(...args)) : original;
    Object.assign(promises, { [name]: guarded(name, call) });
  }
  syncBuiltinESMExports();
  try {
    const ended = operate().then(
      () => null,
      (error: unknown) => error,
    );
    const error = await Promise.race([ended, death]);
    return { calls, error };
  } finally {
    Object.assign(promises, Object.fromEntries(originals));
    syncBuiltinESMExports();
    await Promise.all([...openFiles].map((close) => close()));
  }
}

async function half(name: string, call: Call, args: unknown[]): Promise<void> {
  const [bytes, ...rest] = args;
  if (name === 'writeFile' && bytes instanceof Uint8Array) await call(bytes.subarray(0, bytes.length >> 1), ...rest);
  else await call(...args);
}
