import createModule from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import { type Pixels, repeatGrey, type Size } from './pixels.ts';

/** Up to this side, what it costs to set up sharp for an image is many times what decoding it takes. */
const maxSide = 256;

const markers = { comment: 0xfe, jfif: 0xe0, quantization: 0xdb, huffman: 0xc4, restart: 0xdd, baselineFrame: 0xc0, scan: 0xda };
const passedOver: readonly number[] = [markers.comment, markers.jfif, markers.quantization, markers.huffman, markers.restart];

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
  if (word(bytes, 0) !== 0xffd8 || word(bytes, bytes.length - 2) !== 0xffd9) return null;
  let size: Size | null = null;
  for (let at = 2; at + 4 <= bytes.length; ) {
    const kind = bytes[at + 1] ?? 0;
    const length = word(bytes, at + 2);
    if (bytes[at] !== 0xff || length < 2) return null;
    if (kind === markers.scan) return size;
    if (kind === markers.baselineFrame && !size) size = plainFrame(bytes.subarray(at + 4, at + 2 + length));
    else if (!passedOver.includes(kind)) return null;
    at += 2 + length;
  }
  return null;
}

/** Reads a frame header: 8 bits, sides within the limit, one component or three, which are numbered from 1. */
function plainFrame(header: Uint8Array): Size | null {
  const [precision, height, width, components = 0] = [header[0], word(header, 1), word(header, 3), header[5]];
  const isPlain = precision === 8 && (components === 1 || components === 3) && header.length === 6 + 3 * components;
  const isSmall = height >= 1 && width >= 1 && height <= maxSide && width <= maxSide;
  const isInOrder = Array.from({ length: components }, (_, i) => header[6 + 3 * i] === i + 1).every(Boolean);
  return isPlain && isSmall && isInOrder ? { height, width } : null;
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
