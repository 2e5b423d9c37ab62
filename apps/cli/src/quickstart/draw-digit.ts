const shades = [' ', '░', '▒', '▓', '█'] as const;

/** A grey image as lines of block characters, two to a pixel, since a character is about twice as high as wide. */
export function drawDigit(pixels: Uint8Array, width: number): string[] {
  const lines: string[] = [];
  for (let start = 0; start < pixels.length; start += width) {
    const row = [...pixels.subarray(start, start + width)];
    lines.push(row.map((value) => shadeOf(value).repeat(2)).join(''));
  }
  return lines;
}

function shadeOf(value: number): string {
  return shades[Math.min(shades.length - 1, Math.floor((value / 256) * shades.length))] ?? ' ';
}
