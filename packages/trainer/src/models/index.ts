import { convnetSmall } from './convnet-small.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { efficientnetLite0 } from './efficientnet-lite.ts';
import { mobilenetV2 } from './mobilenet-v2.ts';
import { referenceNet } from './reference-net.ts';
import { resnet18, resnet18Small, resnet34, resnet50 } from './resnet.ts';
import { vitTiny } from './vision-transformer.ts';

export const backbones = [
  referenceNet,
  convnetSmall,
  resnet18Small,
  resnet18,
  resnet34,
  resnet50,
  mobilenetV2,
  efficientnetLite0,
  vitTiny,
] as const satisfies readonly BackboneEntry[];
