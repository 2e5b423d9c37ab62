import { decodeFlac } from './flac/decode-flac.ts';
import type { Recording } from './recording.ts';
import { decodeWav } from './wav.ts';

/** Encodings that can be decoded. */
export type RecordingKind = 'wav' | 'flac';

/** Tells a recording's encoding by its first bytes; null for anything else. */
export function recordingKindOf(bytes: Uint8Array): RecordingKind | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1');
  if (head.startsWith('RIFF') && head.slice(8) === 'WAVE') return 'wav';
  return head.startsWith('fLaC') ? 'flac' : null;
}

/** Decodes a recording. Throws an Error that says what is wrong with the file. */
export function decodeRecording(bytes: Uint8Array, kind: RecordingKind): Recording {
  return kind === 'wav' ? decodeWav(bytes) : decodeFlac(bytes);
}
