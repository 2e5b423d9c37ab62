import { full } from './full.ts';
import { linearProbe } from './linear-probe.ts';

export const finetuneMethods = [full, linearProbe] as const;
