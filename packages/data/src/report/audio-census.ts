import type { DatasetStatistics } from '@scion/schema';
import type { Recording } from '../audio/recording.ts';
import { type Duplicate, findExactDuplicates } from './duplicates.ts';
import { ExamplePlaces } from './example-places.ts';
import { hashContent, wordsPerHash } from './fingerprint.ts';
import { GrowingArray } from './growing-array.ts';

/** Samples up to this are no sound: 60 dB below full scale. */
const silentPeak = 33;
/** So many samples of full scale in a row are not what was there to be recorded. */
const clippedRun = 4;

/** What can be wrong with the sound of a recording. */
export type SoundFlaws = { isSilent: boolean; isClipped: boolean };

/** Takes down every recording's length, format and hash while a data set is packed: some 50 bytes a recording. */
export class AudioCensus {
  readonly places = new ExamplePlaces();
  readonly #seconds = new GrowingArray((length) => new Float64Array(length));
  readonly #sampleRates = new GrowingArray((length) => new Uint32Array(length));
  readonly #channels = new GrowingArray((length) => new Uint8Array(length));
  readonly #silent = new GrowingArray((length) => new Uint8Array(length));
  readonly #clipped = new GrowingArray((length) => new Uint8Array(length));
  readonly #hashes = new GrowingArray((length) => new Uint32Array(length));

  /** Recordings come in the order in which they are written. Tells what is wrong with this one. */
  add({ split, label, recording }: { split: string; label: number; recording: Recording }): SoundFlaws {
    const { sampleRate, channels, samples } = recording;
    const flaws = findFlaws(recording);
    this.places.add({ split, label });
    this.#seconds.push(samples.length / channels / sampleRate);
    this.#sampleRates.push(sampleRate);
    this.#channels.push(channels);
    this.#silent.push(Number(flaws.isSilent));
    this.#clipped.push(Number(flaws.isClipped));
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    this.#hashes.append(hashContent(`${sampleRate}x${channels}`, bytes));
    return flaws;
  }

  /** Copies of earlier recordings, sample by sample. What only sounds alike is not looked for. */
  findDuplicates(): { exact: Duplicate[]; near: Duplicate[] } {
    return { exact: findExactDuplicates(this.#hashes.values, wordsPerHash), near: [] };
  }

  audioStatistics(): NonNullable<DatasetStatistics['audio']> {
    const bySplit = this.places.splits.map((split) => {
      const ofSplit = <Numbers extends Uint8Array | Uint32Array | Float64Array>(values: Numbers) =>
        this.places.ofSplit(values, split);
      const seconds = ofSplit(this.#seconds.values).sort();
      const at = (position: number) => Math.round(1000 * (seconds[position] ?? 0)) / 1000;
      return [
        split,
        {
          seconds: { min: at(0), median: at(Math.floor((seconds.length - 1) / 2)), max: at(seconds.length - 1) },
          sampleRates: tally(ofSplit(this.#sampleRates.values)),
          channels: tally(ofSplit(this.#channels.values)),
          silent: sum(ofSplit(this.#silent.values)),
          clipped: sum(ofSplit(this.#clipped.values)),
        },
      ] as const;
    });
    return Object.fromEntries(bySplit);
  }
}

function findFlaws({ samples, channels }: Recording): SoundFlaws {
  let peak = 0;
  let longestRun = 0;
  for (let channel = 0; channel < channels; channel++) {
    let run = 0;
    for (let i = channel; i < samples.length; i += channels) {
      const magnitude = Math.abs(samples[i] ?? 0);
      if (magnitude > peak) peak = magnitude;
      run = magnitude >= 32767 ? run + 1 : 0;
      if (run > longestRun) longestRun = run;
    }
  }
  return { isSilent: peak <= silentPeak, isClipped: longestRun >= clippedRun };
}

function tally(values: Uint8Array | Uint32Array): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function sum(values: Uint8Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
