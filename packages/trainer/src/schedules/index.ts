import { constant } from './constant.ts';
import { cosine } from './cosine.ts';
import type { ScheduleEntry } from './define-schedule.ts';
import { oneCycle } from './one-cycle.ts';
import { step } from './step.ts';

export const schedules = [constant, cosine, step, oneCycle] as const satisfies readonly ScheduleEntry[];
