import type { MethodEntry } from './methods/define-method.ts';
import { finetuneMethods } from './methods/finetune/index.ts';
import { pretrainMethods } from './methods/pretrain/index.ts';
import type { BackboneEntry } from './models/define-backbone.ts';
import { backbones } from './models/index.ts';

/** `body` is what a job says of its backbone and method. */
export type Pair = { backbone: string; method: string; title: string; body: object };

const typicalBackbones = ['convnet-small', 'vit-tiny'] as const;
/** Has the tokens that some methods need. */
const tokenBackbone = 'vit-tiny';
const typicalMethods = ['supervised', 'linear-probe'];

/**
 * Pairs in which every backbone and every method stands, the smallest of each kind: methods meet the typical backbones, and backbones
 * the typical methods. As a method sees its backbone through `features` alone, all pairs would tell little more, and take an hour.
 */
export function backboneMethodPairs(methodsMeet: readonly string[] = typicalBackbones): Pair[] {
  return (backbones as readonly BackboneEntry[]).flatMap(({ id: type, tiny, create }) => {
    const backbone = { type, ...tiny };
    const hasPatches = create(backbone, [8, 8, 3]).tokens !== undefined;
    const isWanted = ({ id, needs }: MethodEntry) => {
      if (needs === 'tokens' && !hasPatches) return false;
      return methodsMeet.includes(type) || typicalMethods.includes(id) || (needs === 'tokens' && type === tokenBackbone);
    };
    const pair = ({ id, tiny: settings }: MethodEntry, body: object): Pair => {
      return { backbone: type, method: id, title: `${type}, ${id}`, body: { ...body, method: { type: id, ...settings } } };
    };
    return [
      ...pretrainMethods.filter(isWanted).map((method) => pair(method, { kind: 'pretrain', backbone })),
      ...finetuneMethods.filter(isWanted).map((method) => pair(method, { kind: 'finetune', from: { scratch: { backbone } } })),
    ];
  });
}
