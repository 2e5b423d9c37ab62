import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  isErrorCode,
  type ParameterSource,
  type Prediction,
  type PredictorRequest,
  PredictorResponse,
  ScionError,
} from '@scion/schema';
import type { FastifyBaseLogger } from 'fastify';
import { childEnvironment, logOutput } from '../processes/child-process.ts';

export type PredictionInputs = { model: ParameterSource; images: string[]; topK: number };

export type PredictorChildOptions = {
  /** The program that speaks the predictor protocol of `@scion/schema`. */
  processPath: string;
  artifactsUrl: string;
  log: FastifyBaseLogger;
  /** Milliseconds that loading the engine may take; 60,000 if left out. */
  startTimeoutMs?: number | undefined;
  /** Milliseconds for one request, loading its model included; 60,000 if left out. */
  requestTimeoutMs?: number | undefined;
};

type Pending = { resolve: (predictions: Prediction[]) => void; reject: (error: ScionError) => void; timer: NodeJS.Timeout };

/** Forks one predictor process and relays requests to it. A process that is late or speaks nonsense is ended, for it may be stuck. */
export function startPredictorChild(options: PredictorChildOptions) {
  const { processPath, artifactsUrl, log, startTimeoutMs = 60_000, requestTimeoutMs = 60_000 } = options;
  const child = fork(processPath, [], {
    env: childEnvironment(artifactsUrl),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let hasEnded = false;
  let markReady = () => {};
  let markUnstartable: (error: ScionError) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    markReady = resolve;
    markUnstartable = reject;
  });
  // Each request awaits `ready`; when none does (a stop during the start), its rejection is nobody's business.
  ready.catch(() => {});

  const endedError = (reason: string) => new ScionError('unavailable', `The predictor process ended: ${reason}`);
  const startTimer = setTimeout(() => end(`it was not ready within ${startTimeoutMs / 1000} s`), startTimeoutMs);

  function end(reason: string): void {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(startTimer);
    child.kill('SIGKILL');
    const error = endedError(reason);
    markUnstartable(error);
    for (const { reject, timer } of pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    pending.clear();
  }

  child.on('message', (message) => {
    const parsed = PredictorResponse.safeParse(message);
    if (!parsed.success) {
      log.error({ err: parsed.error }, 'predictor sent a message that does not match its schema');
      end('it broke its protocol');
    } else if (parsed.data.type === 'ready') {
      clearTimeout(startTimer);
      markReady();
    } else {
      settle(pending, parsed.data);
    }
  });
  child.on('error', (error) => end(error.message));
  child.on('exit', (code, signal) => end(signal === null ? `exit status ${code}` : `signal ${signal}`));
  logOutput(child, { log, name: 'predictor' });

  return {
    hasEnded: () => hasEnded,

    async predict({ model, images, topK }: PredictionInputs): Promise<Prediction[]> {
      await ready;
      if (hasEnded) throw endedError('it stopped before this request');
      lastId += 1;
      const request: PredictorRequest = { id: lastId, artifactsUrl, model, images, topK };
      return await new Promise((resolve, reject) => {
        const timer = setTimeout(() => end(`a request took over ${requestTimeoutMs / 1000} s`), requestTimeoutMs);
        pending.set(request.id, { resolve, reject, timer });
        child.send(request, (error) => {
          if (error) end(error.message);
        });
      });
    },

    async stop(): Promise<void> {
      const isGone = child.exitCode !== null || child.signalCode !== null;
      const exited = isGone ? undefined : once(child, 'exit');
      end('the server is shutting down');
      await exited;
    },
  };
}

function settle(pending: Map<number, Pending>, response: Exclude<PredictorResponse, { type: 'ready' }>): void {
  const request = pending.get(response.id);
  if (request === undefined) return;
  pending.delete(response.id);
  clearTimeout(request.timer);
  if (response.type === 'predictions') {
    request.resolve(response.predictions);
    return;
  }
  const { code, message, index } = response;
  const details = index === null ? [] : [{ path: `inputs.${index}.image`, message }];
  request.reject(new ScionError(isErrorCode(code) ? code : 'internal', message, { details }));
}
