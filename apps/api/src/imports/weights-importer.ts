import { fork } from 'node:child_process';
import { isErrorCode, ScionError } from '@scion/schema';
import { type ImportCommand, ImportMessage, type ImportSettings } from '@scion/trainer/catalog';
import type { FastifyBaseLogger } from 'fastify';
import { childEnvironment, logOutput } from '../processes/child-process.ts';

export type ImportedWeights = Omit<Extract<ImportMessage, { type: 'imported' }>, 'type'>;

/** A file of the store, or one to fetch. */
export type WeightsSource = { type: 'upload'; key: string; sha256: string } | { type: 'url'; url: string };

export type ImportTask = { source: WeightsSource; settings: ImportSettings; folder: string };

export type WeightsImporter = {
  /**
   * Turns a file of weights into parameters in a folder of the store. One file at a time: its size is what memory must hold.
   *
   * @throws ScionError of the import, such as `weightsInvalid`; `unavailable` where its process died or took too long
   */
  importWeights(task: ImportTask): Promise<ImportedWeights>;
  /** Ends what runs. */
  close(): Promise<void>;
};

export type WeightsImporterOptions = {
  /** The program that speaks the import protocol of `@scion/trainer`. */
  processPath: string;
  artifactsUrl: string;
  log: FastifyBaseLogger;
  /** What may be fetched. */
  rules: { maxBytes: number; allowPrivateAddresses: boolean };
  /** Milliseconds that one import may take, its download included; 10 minutes if left out. */
  timeoutMs?: number | undefined;
};

/** Imports each file in a process of its own, so that a hostile one reaches nothing of the API's. */
export function createWeightsImporter(options: WeightsImporterOptions): WeightsImporter {
  const closing = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  return {
    importWeights({ source, ...task }) {
      const { artifactsUrl, rules } = options;
      const command = { ...task, artifactsUrl, source: source.type === 'url' ? { ...source, ...rules } : source };
      const next = last.then(() => runImport(command, options, closing.signal));
      last = next.catch(() => undefined);
      return next;
    },

    async close() {
      closing.abort();
      await last;
    },
  };
}

async function runImport(
  command: ImportCommand,
  { processPath, log, timeoutMs = 10 * 60_000 }: WeightsImporterOptions,
  closing: AbortSignal,
): Promise<ImportedWeights> {
  if (closing.aborted) throw interrupted('the server is shutting down');
  const child = fork(processPath, [], {
    env: childEnvironment(command.artifactsUrl),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  logOutput(child, { log, name: 'import' });
  return await new Promise((resolve, reject) => {
    const end = (error: ScionError) => {
      reject(error);
      child.kill('SIGKILL');
    };
    const onClosing = () => end(interrupted('the server is shutting down'));
    const timer = setTimeout(() => end(interrupted(`it took over ${timeoutMs / 1000} s`)), timeoutMs);
    closing.addEventListener('abort', onClosing, { once: true });
    child.on('message', (raw) => {
      const message = ImportMessage.safeParse(raw);
      if (!message.success) end(interrupted('its process broke the protocol'));
      else if (message.data.type === 'ready') child.send(command);
      else if (message.data.type === 'failed') reject(errorOf(message.data));
      else resolve(message.data);
    });
    child.once('error', (error) => end(interrupted(error.message)));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      closing.removeEventListener('abort', onClosing);
      reject(interrupted(`its process ended by ${signal ?? `exit status ${code}`}`)); // nothing, where it answered before
    });
  });
}

function errorOf({ code, message, details }: Extract<ImportMessage, { type: 'failed' }>): ScionError {
  return new ScionError(isErrorCode(code) ? code : 'internal', message, { details });
}

function interrupted(reason: string): ScionError {
  return new ScionError('unavailable', `The import was not finished: ${reason}`);
}
