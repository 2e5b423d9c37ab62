import { parentPort, type Transferable } from 'node:worker_threads';
import { ScionError } from '@scion/schema';
import type { ThreadReply, ThreadTask } from './thread-messages.ts';

/** What a task gave; the buffers of `transfer` are handed over instead of copied. */
export type Served<Answer> = { answer: Answer; transfer?: readonly Transferable[] };

/** Makes the script of a ThreadPool's threads answer each task by `work`; several tasks may be under way at once. */
export function serveTasks<Task, Answer>(work: (task: Task) => Promise<Served<Answer>>): void {
  parentPort?.on('message', ({ id, task }: ThreadTask<Task>) => void serve(id, task));

  async function serve(id: number, task: Task): Promise<void> {
    try {
      const { answer, transfer = [] } = await work(task);
      reply({ id, answer }, transfer);
    } catch (error) {
      reply({ id, failure: describeFailure(error) });
    }
  }

  function reply(message: ThreadReply<Answer>, transfer: readonly Transferable[] = []): void {
    parentPort?.postMessage(message, transfer);
  }
}

function describeFailure(error: unknown) {
  return {
    message: error instanceof Error ? error.message : String(error),
    code: error instanceof ScionError ? error.code : null,
    stack: (error instanceof Error ? error.stack : null) ?? null,
  };
}
