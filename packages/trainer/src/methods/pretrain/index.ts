import { supervised } from './supervised.ts';

export const pretrainMethods = [supervised] as const;
