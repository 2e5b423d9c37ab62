/** One decoded recording. `samples` are interleaved, [sample, channel], 16 bits each. */
export type Recording = { sampleRate: number; channels: number; samples: Int16Array<ArrayBuffer> };

/** Decoded samples of one recording, of all channels: half an hour of speech at 16 kHz, and a bound for memory. */
export const maxSamples = 2 ** 25;

const maxChannels = 16;
const maxSampleRate = 768_000;

/** Throws where the numbers that a header states are out of any sound range. */
export function assertPlausible({ sampleRate, channels }: { sampleRate: number; channels: number }): void {
  if (channels < 1 || channels > maxChannels) throw new Error(`it states ${channels} channels`);
  if (sampleRate < 1 || sampleRate > maxSampleRate) throw new Error(`it states a sample rate of ${sampleRate} Hz`);
}

/** A sample of full scale 1 as 16 bits. */
export function toInt16(sample: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
}
