/** Entry of a thread for tests: squares numbers, refuses negative ones, dies of 0, and hands back the bytes that it was given. */
import { ScionError } from '@scion/schema';
import { serveTasks } from './serve-tasks.ts';

export type SquaresTask = { number: number } | { bytes: Uint8Array<ArrayBuffer> };

serveTasks<SquaresTask, number | Uint8Array>(async (task) => {
  if ('bytes' in task) return { answer: task.bytes, transfer: [task.bytes.buffer] };
  if (task.number === 0) process.exit(3);
  if (task.number === -1) throw new ScionError('dataInvalid', 'There is no square of -1');
  if (task.number < 0) throw new TypeError('There are no squares of negative numbers');
  return { answer: task.number ** 2 };
});
