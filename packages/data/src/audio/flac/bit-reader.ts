/** Reads bits, the highest of each byte first. Throws where the bytes end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #next: number;
  #current = 0;
  /** Bits of the current byte that are still to be read. */
  #left = 0;

  /** Starts at a byte. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#next = start;
  }

  /** The byte at which the next bit that belongs to no byte begun stands. */
  get position(): number {
    return this.#next;
  }

  /** An unsigned number of up to 32 bits. */
  read(count: number): number {
    let value = 0;
    for (let missing = count; missing > 0; ) {
      if (this.#left === 0) this.#advance();
      const taken = Math.min(missing, this.#left);
      this.#left -= taken;
      value = value * (1 << taken) + ((this.#current >> this.#left) & ((1 << taken) - 1));
      missing -= taken;
    }
    return value;
  }

  /** A number of up to 32 bits in two's complement. */
  readSigned(count: number): number {
    if (count === 0) return 0;
    const value = this.read(count);
    return value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** The number of zeros before the next one, which is passed over, too. */
  countZeros(): number {
    let zeros = 0;
    for (;;) {
      if (this.#left === 0) this.#advance();
      const rest = this.#current & ((1 << this.#left) - 1);
      if (rest !== 0) {
        const leading = this.#left - (32 - Math.clz32(rest));
        this.#left -= leading + 1;
        return zeros + leading;
      }
      zeros += this.#left;
      this.#left = 0;
    }
  }

  /** Passes over what is left of a byte begun. */
  align(): void {
    this.#left = 0;
  }

  #advance(): void {
    const byte = this.#bytes[this.#next];
    if (byte === undefined) throw new Error('it is cut short');
    this.#current = byte;
    this.#next++;
    this.#left = 8;
  }
}
