import { convnetSmall } from './convnet-small.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { referenceNet } from './reference-net.ts';
import { resnet18Small } from './resnet.ts';

export const backbones = [referenceNet, convnetSmall, resnet18Small] as const satisfies readonly BackboneEntry[];
