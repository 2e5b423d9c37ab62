import createModule from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { jpegMarkers, jpegSegments, wordAt } from './jpeg-segments.ts';
import { type Pixels, repeatGrey, type Size } from './pixels.ts';

/** Up to this side, what it costs to set up sharp for an image is many times what decoding it takes. */
const maxSide = 256;

const { quantizationTables, huffmanTables, restartInterval, jfif, comment } = jpegMarkers;
const passedOver: readonly number[] = [quantizationTables, huffmanTables, restartInterval, jfif, comment];

const { JPEGDecoder } = await createModule();
const decoder = new JPEGDecoder();

/**
 * Decodes a small plain JPEG at once, to the pixels that `decodePixels` gives. Null for any that is large, or says or does something
 * out of the ordinary (a rotation, a colour profile, an error): `decodePixels` knows how to take it, or what is wrong with it.
 */
export function decodeSmallJpeg(bytes: Uint8Array): Pixels | null {
  const size = plainSize(bytes);
  if (!size) return null;
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const { width, height } = decoder.getFrameInfo();
    const decoded = decoder.getDecodedBuffer();
    const data = decoded.length === width * height ? repeatGrey(decoded) : Uint8Array.from(decoded);
    if (width !== size.width || height !== size.height || data.length !== width * height * 3) return null;
    return { width, height, channels: 3, data };
  } catch {
    return null;
  }
}

/** The size that a small baseline JPEG states, if it has no more than such a JPEG needs. */
function plainSize(bytes: Uint8Array): Size | null {
  if (wordAt(bytes, bytes.length - 2) !== 0xffd9) return null;
  let size: Size | null = null;
  for (const { marker, content } of jpegSegments(bytes)) {
    if (marker === jpegMarkers.scan) return size;
    if (marker === jpegMarkers.baselineFrame && !size) size = plainFrame(content);
    else if (!passedOver.includes(marker)) return null;
  }
  return null;
}

/** Reads a frame header: 8 bits, sides within the limit, one component or three, which are numbered from 1. */
function plainFrame(header: Uint8Array): Size | null {
  const [precision, height, width, components = 0] = [header[0], wordAt(header, 1), wordAt(header, 3), header[5]];
  const isPlain = precision === 8 && (components === 1 || components === 3) && header.length === 6 + 3 * components;
  const isSmall = height >= 1 && width >= 1 && height <= maxSide && width <= maxSide;
  const isInOrder = Array.from({ length: components }, (_, i) => header[6 + 3 * i] === i + 1).every(Boolean);
  return isPlain && isSmall && isInOrder ? { height, width } : null;
}
