import { jpegMarkers, jpegSegments } from './jpeg-segments.ts';

const profileName = 'ICC_PROFILE\0';
/** Of a segment: the name, and which part of the profile it holds. */
const segmentHeaderBytes = profileName.length + 2;
const tagTableStart = 128;
const tagBytes = 12;
const maxTags = 100;

/**
 * Whether a JPEG's colour profile is by its own name that of the sRGB standard, as most are. Such a profile says what is assumed without
 * it, while converting by it takes longer than decoding. (ICC.1, section 7: a table of tags follows the header; `desc` is the name.)
 */
export function hasSrgbProfile(bytes: Uint8Array): boolean {
  for (const { marker, content } of jpegSegments(bytes)) {
    const segment = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    if (marker !== jpegMarkers.colourProfile || segment.toString('latin1', 0, profileName.length) !== profileName) continue;
    return describesSrgb(segment.subarray(segmentHeaderBytes));
  }
  return false;
}

function describesSrgb(profile: Buffer): boolean {
  if (profile.length < tagTableStart + 4) return false;
  const tags = Math.min(profile.readUInt32BE(tagTableStart), maxTags);
  for (let tag = 0; tag < tags; tag++) {
    const at = tagTableStart + 4 + tag * tagBytes;
    if (at + tagBytes > profile.length) return false;
    if (profile.toString('latin1', at, at + 4) !== 'desc') continue;
    const [start, length] = [profile.readUInt32BE(at + 4), profile.readUInt32BE(at + 8)];
    // Version 2 has its text as ASCII, version 4 as UTF-16: without the zeros they read the same.
    const text = profile.toString('latin1', start, Math.min(start + length, start + 200)).replaceAll('\0', '');
    return /^(?:desc|mluc).{0,16}sRGB(?: IEC61966-2|$)/s.test(text);
  }
  return false;
}
