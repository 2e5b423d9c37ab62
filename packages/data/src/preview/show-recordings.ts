import type { Recording } from '../audio/recording.ts';
import type { Pixels } from '../image/pixels.ts';
import type { RecordingSplit } from '../packed/packed-split.ts';
import type { Shown } from './shown.ts';
import { toDataUrl } from './thumbnails.ts';

const width = 120;
const height = 48;
const [ink, paper] = [60, 255];

/** Recordings as drawings of their loudness over time. */
export async function showRecordings(split: RecordingSplit, indices: readonly number[]): Promise<Shown[]> {
  const recordings = await split.read(indices);
  return await Promise.all(
    recordings.map(async (recording) => {
      const picture = drawWaveform(recording);
      const seconds = recording.samples.length / recording.channels / recording.sampleRate;
      return { content: { thumbnail: await toDataUrl(picture), seconds: Math.round(1000 * seconds) / 1000 }, picture };
    }),
  );
}

/** The lowest and highest sample of each stretch of time, all channels together, scaled to the loudest one. */
function drawWaveform({ samples, channels }: Recording): Pixels {
  const data = new Uint8Array(height * width).fill(paper);
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1);
  const rowOf = (sample: number) => Math.round(((1 - sample / peak) / 2) * (height - 1));
  const frames = samples.length / channels;
  for (let column = 0; column < width; column++) {
    const start = Math.floor((column * frames) / width) * channels;
    const end = Math.max(start + channels, Math.floor(((column + 1) * frames) / width) * channels);
    let [low, high] = [0, 0];
    for (const sample of samples.subarray(start, end)) [low, high] = [Math.min(low, sample), Math.max(high, sample)];
    for (let row = rowOf(high); row <= rowOf(low); row++) data[row * width + column] = ink;
  }
  return { height, width, channels: 1, data };
}
