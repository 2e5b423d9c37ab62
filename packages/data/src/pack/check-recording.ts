import type { Archive } from '../archive/archive.ts';
import { decodeRecording, recordingKindOf } from '../audio/decode-recording.ts';
import type { Recording } from '../audio/recording.ts';
import type { RawRecording } from '../formats/format.ts';
import type { Checked } from './pack-work.ts';

const maxEncodedBytes = 128 * 2 ** 20;

/** Decodes an example's recording. */
export async function checkRecording(archive: Archive, { recording }: RawRecording): Promise<Checked<Recording>> {
  const sizeBytes = 'bytes' in recording ? recording.bytes.length : recording.entry.sizeBytes;
  if (sizeBytes > maxEncodedBytes) {
    return { fault: { code: 'audio-too-large', message: `A recording may have ${maxEncodedBytes} bytes at most` } };
  }
  const bytes = 'bytes' in recording ? recording.bytes : await archive.read(recording.entry);
  const kind = recordingKindOf(bytes);
  if (kind === null) return { fault: { code: 'not-a-recording', message: 'This is not a wav or flac file' } };
  try {
    return { content: decodeRecording(bytes, kind) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { fault: { code: 'audio-corrupt', message: `The recording cannot be decoded: ${reason}` } };
  }
}
