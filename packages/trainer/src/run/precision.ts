import { cpuEmulatesLowPrecision, type Device, measurePrecisions, type Precision } from '@scion/engine';
import { ScionError } from '@scion/schema';
import type { ResolvedSpec } from '../spec.ts';

/** What a run computes in, and why, for its events. */
export type ChosenPrecision = { precision: Precision; reason: string };

/** Casts cost time and bits: low precision must be that much faster. */
const worthIt = 1.15;

/**
 * What `training.precision` asks for; for `auto`, what is fastest on this device. A resumed run goes on in the precision of its
 * checkpoint, so that it computes what an unbroken one would have.
 *
 * @throws ScionError `specInvalid` where bfloat16 is asked for and there is no TensorFlow
 */
export function choosePrecision(
  { training: { precision: asked } }: ResolvedSpec,
  { device, resumed }: { device: Device; resumed: Precision | null },
): ChosenPrecision {
  if (!device.backend.startsWith('tensorflow')) {
    if (asked === 'auto' || asked === 'float32') return { precision: 'float32', reason: 'the one precision without TensorFlow' };
    throw new ScionError('specInvalid', `training.precision: ${asked} needs TensorFlow; here it is ${device.description}`);
  }
  if (asked !== 'auto') return { precision: asked, reason: 'as asked' };
  if (resumed) return { precision: resumed, reason: 'as in the checkpoint' };
  if (device.backend === 'tensorflow-cpu' && cpuEmulatesLowPrecision()) {
    return { precision: 'float32', reason: 'this CPU has no instructions for bfloat16' };
  }
  const { float32, bfloat16 } = measurePrecisions();
  const reason = `a convolution and its gradients take ${float32.toFixed(1)} ms in float32, ${bfloat16.toFixed(1)} ms in bfloat16`;
  return { precision: bfloat16 * worthIt < float32 ? 'bfloat16' : 'float32', reason };
}
