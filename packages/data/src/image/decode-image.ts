import { ScionError } from '@scion/schema';
import { decodeFailure, decodePixels, resizePixels } from './decoder.ts';
import { imageKindOf } from './image-kind.ts';
import { type Box, type Channels, type Pixels, type Size, withChannels } from './pixels.ts';

/** With `partOf`, only a part of the image is taken, which it gives from the size of the whole. */
type DecodedShape = Size & { channels: Channels; partOf?: ((whole: Size) => Box) | undefined };

/**
 * One encoded image (JPEG, PNG, WebP, GIF) as the network takes it: uint8 [height, width, channel]. It goes the same way as the
 * images of a data set that is read at this size. Throws `inputInvalid`.
 */
export async function decodeImage(bytes: Uint8Array, shape: DecodedShape): Promise<Uint8Array> {
  if (imageKindOf(bytes) === null) {
    throw new ScionError('inputInvalid', 'The input is not a JPEG, PNG, WebP or GIF image');
  }
  try {
    return withChannels(await decodeStretched(bytes, shape), shape.channels).data;
  } catch (error) {
    throw new ScionError('inputInvalid', `The image cannot be decoded: ${decodeFailure(error)}`, { cause: error });
  }
}

async function decodeStretched(bytes: Uint8Array, { height, width, partOf }: DecodedShape): Promise<Pixels> {
  const size = { height, width };
  if (!partOf) return decodePixels(bytes, size);
  const whole = await decodePixels(bytes);
  return resizePixels(whole, size, partOf(whole));
}
