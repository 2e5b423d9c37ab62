import type { MethodEntry } from '../define-method.ts';
import { full } from './full.ts';
import { linearProbe } from './linear-probe.ts';

export const finetuneMethods = [full, linearProbe] as const satisfies readonly MethodEntry[];
