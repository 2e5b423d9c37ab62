import type { MethodEntry } from '../define-method.ts';
import { simclr } from './simclr.ts';
import { supervised } from './supervised.ts';

export const pretrainMethods = [supervised, simclr] as const satisfies readonly MethodEntry[];
