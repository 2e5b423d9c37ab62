import { ScionError } from '@scion/schema';

/** What an archive may unpack to. The ratio is of unpacked bytes to uploaded ones, and counts once `ratioFreeBytes` are unpacked. */
export type ArchiveLimits = { maxEntries: number; maxUnpackedBytes: number; maxRatio: number; ratioFreeBytes: number };

export const defaultArchiveLimits: ArchiveLimits = {
  maxEntries: 200_000,
  maxUnpackedBytes: 20 * 2 ** 30,
  maxRatio: 100,
  ratioFreeBytes: 10 * 2 ** 20,
};

/** Counts what is unpacked from one upload, nested gzip files included. Throws `archiveUnsafe` at the first byte too many. */
export class ArchiveBudget {
  readonly #limits: ArchiveLimits;
  readonly #uploadBytes: number;
  #entries = 0;
  #unpackedBytes = 0;

  constructor(limits: ArchiveLimits, uploadBytes: number) {
    this.#limits = limits;
    this.#uploadBytes = uploadBytes;
  }

  /** Refuses at once what says itself that it holds too much; entries still count one by one. */
  expectEntries(count: number): void {
    const { maxEntries } = this.#limits;
    if (this.#entries + count <= maxEntries) return;
    throw new ScionError('archiveUnsafe', `The archive is refused: it holds more than ${maxEntries} entries`);
  }

  addEntry(path: string): void {
    this.#entries++;
    const { maxEntries } = this.#limits;
    if (this.#entries > maxEntries) throw unsafe(path, `it holds more than ${maxEntries} entries`);
  }

  addBytes(path: string, count: number): void {
    this.#unpackedBytes += count;
    const { maxUnpackedBytes, maxRatio, ratioFreeBytes } = this.#limits;
    if (this.#unpackedBytes > maxUnpackedBytes) throw unsafe(path, `it unpacks to more than ${maxUnpackedBytes} bytes`);
    if (this.#unpackedBytes > ratioFreeBytes && this.#unpackedBytes > maxRatio * this.#uploadBytes) {
      throw unsafe(path, `it unpacks to more than ${maxRatio} times its size, as a decompression bomb does`);
    }
  }
}

function unsafe(path: string, reason: string): ScionError {
  return new ScionError('archiveUnsafe', `The archive is refused at ${JSON.stringify(path)}: ${reason}`, {
    details: [{ path, message: reason }],
  });
}
