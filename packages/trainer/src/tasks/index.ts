import { entryOf } from '../registry.ts';
import type { Task, TaskEntry } from './define-task.ts';
import { multiLabel } from './multi-label.ts';
import { regression } from './regression.ts';
import { singleLabel } from './single-label.ts';

export const tasks = [singleLabel, multiLabel, regression] as const satisfies readonly TaskEntry[];

export type TaskId = (typeof tasks)[number]['id'];

export function taskEntry({ type }: { type: string }): TaskEntry {
  return entryOf<TaskEntry>(tasks, type);
}

export function createTask(config: { type: string }, context: { classNames: readonly string[] }): Task {
  return taskEntry(config).create(config, context);
}

export const everyTask: readonly TaskId[] = tasks.map(({ id }) => id);
