import { cpuEmulatesLowPrecision, type Device, measurePrecisions, type Precision, type PrecisionTimes } from '@scion/engine';
import { ScionError } from '@scion/schema';
import type { ResolvedSpec } from '../spec.ts';

/** What a run computes in, and why, for its events. */
export type ChosenPrecision = { precision: Precision; reason: string };

/** Casts cost time and bits, and float16 steps that overflow: each must be that much faster than what comes before it. */
const worthIt = 1.15;

function fastest(times: PrecisionTimes): Precision {
  const [first, ...others] = times;
  if (!first) throw new Error('No precision was measured');
  return others.reduce((best, other) => (other[1] * worthIt < best[1] ? other : best), first)[0];
}

/**
 * What `training.precision` asks for; for `auto`, what is fastest on this device. A resumed run goes on in the precision of its
 * checkpoint, so that it computes what an unbroken one would have.
 *
 * @throws ScionError `specInvalid` where bfloat16 or float16 is asked for and there is no TensorFlow
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
  const times = measurePrecisions(
    device.backend === 'tensorflow-cpu' ? ['float32', 'bfloat16'] : ['float32', 'bfloat16', 'float16'],
  );
  const told = [...times].map(([precision, ms]) => `${ms.toFixed(1)} ms in ${precision}`).join(', ');
  return { precision: fastest(times), reason: `a convolution and its gradients take ${told}` };
}
