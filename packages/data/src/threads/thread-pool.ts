import { type Transferable, Worker } from 'node:worker_threads';
import { ScionError } from '@scion/schema';
import type { ThreadReply, ThreadTask } from './thread-messages.ts';

type Waiting<Answer> = { thread: number; resolve: (answer: Answer) => void; reject: (error: unknown) => void };

/**
 * Threads that all run one script, which answers tasks by `serveTasks`. A thread that dies fails the tasks that it had, and those
 * that it is given from then on.
 */
export class ThreadPool<Task, Answer> {
  readonly #threads: readonly Worker[];
  readonly #waiting = new Map<number, Waiting<Answer>>();
  /** Tasks that each thread has and has not answered. */
  readonly #load: number[];
  readonly #deaths = new Map<number, Error>();
  #nextId = 0;

  constructor({ script, threads, workerData }: { script: URL; threads: number; workerData?: unknown }) {
    this.#load = new Array<number>(threads).fill(0);
    this.#threads = Array.from({ length: threads }, (_, thread) => {
      const worker = new Worker(script, { workerData });
      worker.on('message', (reply: ThreadReply<Answer>) => this.#settle(reply));
      worker.on('error', (error) => this.#bury(thread, error instanceof Error ? error : new Error(String(error))));
      worker.on('exit', () => this.#bury(thread, new Error('A thread ended before it had answered')));
      return worker;
    });
  }

  get size(): number {
    return this.#threads.length;
  }

  /**
   * Has a task done by a thread, or by the one with the least to do. Rejects with what the thread raised; a ScionError stays one.
   * The buffers of `transfer` are handed over instead of copied.
   */
  run(task: Task, options: { thread?: number; transfer?: readonly Transferable[] } = {}): Promise<Answer> {
    const { thread = this.#load.indexOf(Math.min(...this.#load)), transfer = [] } = options;
    const death = this.#deaths.get(thread);
    if (death) return Promise.reject(death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { thread, resolve, reject });
      this.#load[thread] = (this.#load[thread] ?? 0) + 1;
      this.#threads[thread]?.postMessage({ id, task } satisfies ThreadTask<Task>, transfer);
    });
  }

  /** Ends the threads at once, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #settle(reply: ThreadReply<Answer>): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    this.#load[waiting.thread] = (this.#load[waiting.thread] ?? 1) - 1;
    if ('answer' in reply) waiting.resolve(reply.answer);
    else waiting.reject(toError(reply.failure));
  }

  #bury(thread: number, death: Error): void {
    if (!this.#deaths.has(thread)) this.#deaths.set(thread, death);
    for (const [id, waiting] of this.#waiting) {
      if (waiting.thread !== thread) continue;
      this.#waiting.delete(id);
      waiting.reject(death);
    }
  }
}

function toError({ message, code, stack }: Extract<ThreadReply<never>, { failure: unknown }>['failure']): Error {
  const error = code === null ? new Error(message) : new ScionError(code, message);
  if (stack !== null) error.stack = stack;
  return error;
}
