import { availableParallelism } from 'node:os';
import { type PackCommandInput, PackMessage } from '@scion/data/pack-protocol';
import { describeEnd, forkChild } from '../processes/forked-child.ts';

/** Node's pool, which decodes images, has four threads by itself, on a machine of any size. */
const poolThreads = Math.max(4, availableParallelism());

/** How a packing process ended. */
export type PackEnd = Extract<PackMessage, { type: 'packed' | 'failed' }> | { type: 'death'; message: string };

export type PackProcess = { readonly ended: Promise<PackEnd>; kill(): void };

/** Starts a fresh process that validates one upload and writes its packed form into a folder. */
export function startPacking(options: {
  path: string;
  request: Omit<PackCommandInput, 'type'>;
  environment: NodeJS.ProcessEnv;
  onProgress: (examples: number) => void;
  onLine: (line: string) => void;
}): PackProcess {
  const { path, request, environment, onProgress, onLine } = options;
  let result: PackEnd | null = null;
  const child = forkChild({
    path,
    environment: { ...environment, UV_THREADPOOL_SIZE: String(poolThreads) },
    onLine,
    onMessage: (raw) => {
      const message = PackMessage.safeParse(raw);
      if (!message.success) {
        result = {
          type: 'death',
          message: `The packing process sent a message that is not of its protocol: ${message.error.message}`,
        };
        child.kill();
      } else if (message.data.type === 'ready') child.send({ type: 'start', ...request });
      else if (message.data.type === 'progress') onProgress(message.data.examples);
      else result = message.data;
    },
  });
  const ended = child.ended.then(
    (end): PackEnd => result ?? { type: 'death', message: `The packing process was ${describeEnd(end)}.` },
  );
  return { ended, kill: child.kill };
}
