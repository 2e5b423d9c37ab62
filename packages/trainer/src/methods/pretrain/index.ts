import type { MethodEntry } from '../define-method.ts';
import { barlowTwins } from './barlow-twins.ts';
import { byol } from './byol.ts';
import { deepCluster } from './deep-cluster.ts';
import { denoisingAutoencoder } from './denoising-autoencoder.ts';
import { dino } from './dino.ts';
import { distillation } from './distillation.ts';
import { mae } from './mae.ts';
import { mocoV2 } from './moco-v2.ts';
import { mocoV3 } from './moco-v3.ts';
import { nnclr } from './nnclr.ts';
import { rotationPrediction } from './rotation-prediction.ts';
import { simclr } from './simclr.ts';
import { simmim } from './simmim.ts';
import { simsiam } from './simsiam.ts';
import { supcon } from './supcon.ts';
import { supervised } from './supervised.ts';
import { swav } from './swav.ts';
import { vicreg } from './vicreg.ts';

export const pretrainMethods = [
  supervised,
  supcon,
  simclr,
  mocoV2,
  mocoV3,
  byol,
  simsiam,
  barlowTwins,
  vicreg,
  nnclr,
  swav,
  deepCluster,
  dino,
  mae,
  simmim,
  denoisingAutoencoder,
  rotationPrediction,
  distillation,
] as const satisfies readonly MethodEntry[];
