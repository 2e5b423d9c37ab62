/** The markers of a JPEG's segments that matter here (ITU-T T.81, table B.1). */
export const jpegMarkers = {
  baselineFrame: 0xc0,
  huffmanTables: 0xc4,
  scan: 0xda,
  quantizationTables: 0xdb,
  restartInterval: 0xdd,
  jfif: 0xe0,
  colourProfile: 0xe2,
  comment: 0xfe,
} as const;

export type JpegSegment = { marker: number; content: Uint8Array };

/** The segments of a JPEG up to its first scan, and that scan's header. Ends early where the file is not what a JPEG has to be. */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  if (wordAt(bytes, 0) !== 0xffd8) return;
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    const length = wordAt(bytes, at + 2);
    if (length < 2) return;
    yield { marker, content: bytes.subarray(at + 4, at + 2 + length) };
    if (marker === jpegMarkers.scan) return;
    at += 2 + length;
  }
}

/** 16 bits, the high byte first. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
