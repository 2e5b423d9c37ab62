import type { ErrorCode } from '@scion/schema';

/** To a thread of a pool. */
export type ThreadTask<Task> = { id: number; task: Task };

/** From a thread of a pool. `code` is there where the thread raised a ScionError. */
export type ThreadReply<Answer> =
  | { id: number; answer: Answer }
  | { id: number; failure: { message: string; code: ErrorCode | null; stack: string | null } };
