import { type Modality, ScionError } from '@scion/schema';

const contents: Record<Modality, string> = { image: 'images', text: 'texts', audio: 'recordings' };

/** The error for a data set of something else than what is to be read. */
export function wrongModality(found: Modality, wanted: Modality): ScionError {
  return new ScionError('specInvalid', `The data set holds ${contents[found]}, but ${contents[wanted]} are needed`);
}
