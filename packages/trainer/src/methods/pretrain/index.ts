import type { MethodEntry } from '../define-method.ts';
import { supervised } from './supervised.ts';

export const pretrainMethods = [supervised] as const satisfies readonly MethodEntry[];
