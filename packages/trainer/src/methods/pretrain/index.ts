import type { MethodEntry } from '../define-method.ts';
import { denoisingAutoencoder } from './denoising-autoencoder.ts';
import { mae } from './mae.ts';
import { rotationPrediction } from './rotation-prediction.ts';
import { simclr } from './simclr.ts';
import { simmim } from './simmim.ts';
import { supervised } from './supervised.ts';

export const pretrainMethods = [
  supervised,
  simclr,
  mae,
  simmim,
  denoisingAutoencoder,
  rotationPrediction,
] as const satisfies readonly MethodEntry[];
