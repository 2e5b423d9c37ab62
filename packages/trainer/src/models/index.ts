import { unionOf } from '../registry.ts';
import { convnetSmall } from './convnet-small.ts';
import { convnext } from './convnext.ts';
import type { BackboneEntry } from './define-backbone.ts';
import { efficientnetLite0 } from './efficientnet-lite.ts';
import { mlp } from './mlp.ts';
import { mobilenetV2 } from './mobilenet-v2.ts';
import { referenceNet } from './reference-net.ts';
import { resnet18, resnet18Small, resnet34, resnet50 } from './resnet.ts';
import { vitSmall, vitTiny } from './vision-transformer.ts';
import { wideResnet } from './wide-resnet.ts';

export const backbones = [
  referenceNet,
  mlp,
  convnetSmall,
  resnet18Small,
  resnet18,
  resnet34,
  resnet50,
  wideResnet,
  mobilenetV2,
  efficientnetLite0,
  convnext,
  vitTiny,
  vitSmall,
] as const satisfies readonly BackboneEntry[];

/** The settings of any of them, told apart by `type`. */
export const BackboneConfig = unionOf(backbones);
