/**
 * Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), with the
 * key schedule and float conversion of TensorFlow's stateless random ops, so that every backend draws the same numbers.
 */

const multiplierA = 0xd2511f53;
const multiplierB = 0xcd9e8d57;
const weylA = 0x9e3779b9;
const weylB = 0xbb67ae85;
const rounds = 10;

type Block = [number, number, number, number];

/** High 32 bits of the unsigned product; the low 32 bits are `Math.imul(a, b)`. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) >>> 0;
}

function philoxBlock(counter: Block, keyA: number, keyB: number): Block {
  let [c0, c1, c2, c3] = counter;
  let k0 = keyA;
  let k1 = keyB;
  for (let round = 0; round < rounds; round++) {
    const highA = multiplyHigh(multiplierA, c0);
    const lowA = Math.imul(multiplierA, c0);
    const highB = multiplyHigh(multiplierB, c2);
    const lowB = Math.imul(multiplierB, c2);
    [c0, c1, c2, c3] = [(highB ^ c1 ^ k0) >>> 0, lowB >>> 0, (highA ^ c3 ^ k1) >>> 0, lowA >>> 0];
    k0 = (k0 + weylA) >>> 0;
    k1 = (k1 + weylB) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** A stream of uniform 32-bit words that depends on the two seeds (int32 each) alone. */
export function createPhilox(seedA: number, seedB: number): () => number {
  // TensorFlow sign-extends each int32 seed to 64 bits and scrambles both into key and counter.
  const mixed = philoxBlock(
    [seedA >>> 0, seedA < 0 ? 0xffffffff : 0, seedB >>> 0, seedB < 0 ? 0xffffffff : 0],
    0x3ec8f720,
    0x02461e29,
  );
  const [keyA, keyB, counter2, counter3] = mixed;
  let blockIndex = 0;
  let block: Block = [0, 0, 0, 0];
  let used = 4;
  return () => {
    if (used === 4) {
      block = philoxBlock(counterAt(blockIndex++, counter2, counter3), keyA, keyB);
      used = 0;
    }
    return block[used++] ?? 0;
  };
}

/** The 128-bit counter `index + (counter2, counter3) << 64`; an index of JavaScript's safe range never carries past 64 bits. */
function counterAt(index: number, counter2: number, counter3: number): Block {
  return [index >>> 0, Math.floor(index / 0x100000000) >>> 0, counter2, counter3];
}

const floatView = new Float32Array(1);
const wordView = new Uint32Array(floatView.buffer);

/** Uniform floats in [0, 1) with 23 random bits, filled in order: those of TensorFlow's `StatelessRandomUniform`. */
export function philoxUniform(size: number, seedA: number, seedB: number): Float32Array {
  const next = createPhilox(seedA, seedB);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    wordView[0] = (127 << 23) | (next() & 0x7fffff);
    values[i] = (floatView[0] ?? 1) - 1;
  }
  return values;
}

/** A random order of 0 … size-1 (Fisher-Yates) that depends on the two seeds alone. */
export function philoxPermutation(size: number, seedA: number, seedB: number): Uint32Array {
  const next = createPhilox(seedA, seedB);
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor((next() / 0x100000000) * (i + 1));
    const swapped = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = swapped;
  }
  return order;
}

/** A 31-bit hash of a name (FNV-1a), for seeds that differ from site to site. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash & 0x7fffffff;
}
