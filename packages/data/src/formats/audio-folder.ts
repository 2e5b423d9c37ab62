import { isNamedLikeImage, recordingFiles } from './files/file-kinds.ts';
import { type PlacedExamples, placeExamples } from './files/placed-examples.ts';
import type { DatasetFormat, RawRecording } from './format.ts';

/** One recording a file; folders tell split and class, or file names do. */
export const audioFolder: DatasetFormat = {
  id: 'audio-folder',
  summary:
    'wav or flac files in class folders, at the top or inside `train/`, `val/`, `test/`; or named `CLASS_….wav`, `CLASS_SPEAKER_….wav`',

  /** A few sounds among images are no data set of recordings. */
  detect({ entries }) {
    const recordings = entries.filter((entry) => recordingFiles.isNamed(entry)).length;
    return recordings > entries.filter(isNamedLikeImage).length;
  },

  async open({ entries }, context) {
    const { classNames, examples } = placeExamples(entries, { kind: recordingFiles, noun: 'recording', mayGuess: true, context });
    return { modality: 'audio', classNames, examples: toRecordings(examples) };
  },
};

async function* toRecordings(examples: PlacedExamples['examples']): AsyncGenerator<RawRecording> {
  for (const { entry, facts } of examples) yield { ...facts, recording: { entry } };
}
