import { entryOf } from '../registry.ts';
import type { MethodEntry } from './define-method.ts';
import { finetuneMethods } from './finetune/index.ts';
import { pretrainMethods } from './pretrain/index.ts';

/** Whether the numbers of an evaluation need no labels: some of them describe the features alone. */
export function evaluatesWithoutLabels(job: { kind: 'pretrain' | 'finetune'; method: { type: string } }): boolean {
  return job.kind === 'pretrain' && methodEntry(job).examples === 'all';
}

/** How many examples without a label a training batch has, after its `training.batchSize` labelled ones. */
export function unlabelledRows({ method, training }: { method: { type: string }; training: { batchSize: number } }): number {
  return 'unlabelledRatio' in method ? Number(method.unlabelledRatio) * training.batchSize : 0;
}

/** The entry of a job's method. */
export function methodEntry({ kind, method }: { kind: 'pretrain' | 'finetune'; method: { type: string } }): MethodEntry {
  return entryOf<MethodEntry>(kind === 'pretrain' ? pretrainMethods : finetuneMethods, method.type);
}
