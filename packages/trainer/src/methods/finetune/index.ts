import type { MethodEntry } from '../define-method.ts';
import { bitfit } from './bitfit.ts';
import { fixmatch } from './fixmatch.ts';
import { full } from './full.ts';
import { gradualUnfreezing } from './gradual-unfreezing.ts';
import { l2Sp } from './l2-sp.ts';
import { linearProbe } from './linear-probe.ts';
import { lora } from './lora.ts';
import { lpFt } from './lp-ft.ts';
import { meanTeacher } from './mean-teacher.ts';
import { partial } from './partial.ts';
import { pseudoLabel } from './pseudo-label.ts';
import { softmatch } from './softmatch.ts';
import { wiseFt } from './wise-ft.ts';

export const finetuneMethods = [
  full,
  linearProbe,
  partial,
  gradualUnfreezing,
  lpFt,
  l2Sp,
  lora,
  bitfit,
  wiseFt,
  pseudoLabel,
  meanTeacher,
  fixmatch,
  softmatch,
] as const satisfies readonly MethodEntry[];
