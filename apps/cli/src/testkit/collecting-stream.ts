import type { OutputStream } from '../output/output.ts';

/** An output stream that keeps what is written to it. */
export function collectingStream({ isTTY = false }: { isTTY?: boolean } = {}): OutputStream & { text(): string } {
  const written: string[] = [];
  return {
    isTTY,
    write: (text: string | Uint8Array) => {
      written.push(String(text));
      return true;
    },
    text: () => written.join(''),
  };
}
