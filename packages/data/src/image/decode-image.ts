import { ScionError } from '@scion/schema';
import { decodeFailure, decodePixels } from './decoder.ts';
import { imageKindOf } from './image-kind.ts';
import { type Channels, type Size, withChannels } from './pixels.ts';

/**
 * One encoded image (JPEG, PNG, WebP, GIF) as the network takes it: uint8 [height, width, channel]. It goes the same way as the
 * images of a data set that is read at this size. Throws `inputInvalid`.
 */
export async function decodeImage(bytes: Uint8Array, shape: Size & { channels: Channels }): Promise<Uint8Array> {
  if (imageKindOf(bytes) === null) {
    throw new ScionError('inputInvalid', 'The input is not a JPEG, PNG, WebP or GIF image');
  }
  try {
    const image = await decodePixels(bytes, { height: shape.height, width: shape.width });
    return withChannels(image, shape.channels).data;
  } catch (error) {
    throw new ScionError('inputInvalid', `The image cannot be decoded: ${decodeFailure(error)}`, { cause: error });
  }
}
