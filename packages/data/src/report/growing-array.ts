type Numbers = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** A typed array that grows: one number takes as many bytes as its type, where an array of JavaScript numbers takes eight. */
export class GrowingArray<Type extends Numbers> {
  readonly #create: (length: number) => Type;
  #values: Type;
  #length = 0;

  constructor(create: (length: number) => Type) {
    this.#create = create;
    this.#values = create(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(...added: readonly number[]): void {
    this.append(added);
  }

  append(added: ArrayLike<number>): void {
    if (this.#length + added.length > this.#values.length) {
      const larger = this.#create(Math.max(2 * this.#values.length, this.#length + added.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(added, this.#length);
    this.#length += added.length;
  }

  /** The numbers so far; valid until the next one is added. */
  get values(): Type {
    return this.#values.subarray(0, this.#length) as Type;
  }
}
