import { weightsInvalid } from './weights-invalid.ts';

/** A reference to something outside of the pickle, as its writer described it. */
export class PersistentReference {
  readonly description: PickleValue;

  constructor(description: PickleValue) {
    this.description = description;
  }
}

/** A dict, in the order of its entries. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();
}

/** A name of Python's that stands for what `call` makes; nothing of Python's is run. */
export type PickleGlobal = { readonly global: string; call?(args: readonly PickleValue[]): object };

export type PickleValue = null | boolean | number | bigint | string | Uint8Array | object | PickleValue[];

const mark = Symbol('mark');
type Slot = PickleValue | typeof mark;

/**
 * Reads what a pickle describes, for the few things that tensors need: plain values, lists, tuples and dicts. A pickle is a program that
 * may name any function of Python's; here a name means what `globals` says, and every other one is refused, as is each instruction that
 * tensors do not need.
 *
 * @throws ScionError `weightsInvalid` naming the first thing that is not allowed
 */
export function readPickle(bytes: Uint8Array, globals: ReadonlyMap<string, PickleGlobal>): PickleValue {
  return new PickleReader(bytes, globals).read();
}

class PickleReader {
  readonly #bytes: Buffer;
  readonly #globals: ReadonlyMap<string, PickleGlobal>;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #at = 0;

  constructor(bytes: Uint8Array, globals: ReadonlyMap<string, PickleGlobal>) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#globals = globals;
  }

  read(): PickleValue {
    for (;;) {
      const opcode = this.#take(1).toString('latin1');
      if (opcode === '.') return this.#pop();
      this.#step(opcode);
    }
  }

  #step(opcode: string): void {
    const known = this.#constants(opcode) || this.#numbers(opcode) || this.#texts(opcode) || this.#containers(opcode);
    if (known || this.#references(opcode)) return;
    const code = opcode.charCodeAt(0).toString(16).padStart(2, '0');
    throw weightsInvalid(`holds the pickle instruction 0x${code}, which tensors do not need and is not run`);
  }

  #constants(opcode: string): boolean {
    switch (opcode) {
      case '\x80': // PROTO
        this.#take(1);
        return true;
      case '\x95': // FRAME
        this.#take(8);
        return true;
      case 'N':
        return this.#push(null);
      case '\x88':
        return this.#push(true);
      case '\x89':
        return this.#push(false);
      default:
        return false;
    }
  }

  #numbers(opcode: string): boolean {
    switch (opcode) {
      case 'J': // BININT
        return this.#push(this.#take(4).readInt32LE());
      case 'K': // BININT1
        return this.#push(this.#take(1).readUInt8());
      case 'M': // BININT2
        return this.#push(this.#take(2).readUInt16LE());
      case '\x8a': // LONG1
        return this.#push(longValue(this.#take(this.#take(1).readUInt8())));
      case 'G': // BINFLOAT
        return this.#push(this.#take(8).readDoubleBE());
      default:
        return false;
    }
  }

  #texts(opcode: string): boolean {
    switch (opcode) {
      case 'X': // BINUNICODE
        return this.#push(this.#take(this.#take(4).readUInt32LE()).toString('utf8'));
      case '\x8c': // SHORT_BINUNICODE
        return this.#push(this.#take(this.#take(1).readUInt8()).toString('utf8'));
      case 'U': // SHORT_BINSTRING, text of Python 2
        return this.#push(this.#take(this.#take(1).readUInt8()).toString('latin1'));
      case 'T': // BINSTRING
        return this.#push(this.#take(this.#take(4).readUInt32LE()).toString('latin1'));
      case 'C': // SHORT_BINBYTES
        return this.#push(new Uint8Array(this.#take(this.#take(1).readUInt8())));
      case 'B': // BINBYTES
        return this.#push(new Uint8Array(this.#take(this.#take(4).readUInt32LE())));
      default:
        return false;
    }
  }

  #containers(opcode: string): boolean {
    switch (opcode) {
      case '(':
        this.#stack.push(mark);
        return true;
      case ')': // EMPTY_TUPLE
      case ']': // EMPTY_LIST
        return this.#push([]);
      case '}': // EMPTY_DICT
        return this.#push(new PickleDict());
      case 't': // TUPLE
      case 'l': // LIST
        return this.#push(this.#popToMark());
      case '\x85': // TUPLE1, TUPLE2, TUPLE3
      case '\x86':
      case '\x87':
        return this.#push(this.#popSeveral(opcode.charCodeAt(0) - 0x84));
      case 'a': // APPEND
        return this.#append([this.#pop()]);
      case 'e': // APPENDS
        return this.#append(this.#popToMark());
      case 's': // SETITEM
        return this.#setItems(this.#popSeveral(2));
      case 'u': // SETITEMS
        return this.#setItems(this.#popToMark());
      default:
        return false;
    }
  }

  /** What names things: memo, globals, calls. */
  #references(opcode: string): boolean {
    switch (opcode) {
      case 'q': // BINPUT
        return this.#remember(this.#take(1).readUInt8());
      case 'r': // LONG_BINPUT
        return this.#remember(this.#take(4).readUInt32LE());
      case '\x94': // MEMOIZE
        return this.#remember(this.#memo.size);
      case 'h': // BINGET
        return this.#recall(this.#take(1).readUInt8());
      case 'j': // LONG_BINGET
        return this.#recall(this.#take(4).readUInt32LE());
      case 'c': // GLOBAL
        return this.#push(this.#global(this.#takeLine(), this.#takeLine()));
      case '\x93': {
        // STACK_GLOBAL
        const [module, name] = this.#popSeveral(2);
        return this.#push(this.#global(String(module), String(name)));
      }
      case 'Q': // BINPERSID
        return this.#push(new PersistentReference(this.#pop()));
      case 'R': {
        // REDUCE
        const [callee, args] = this.#popSeveral(2);
        return this.#push(callGlobal(callee, args));
      }
      case 'b': // BUILD gives an object attributes; those of a dict (PyTorch's versions of layers) are of no use here
        this.#pop();
        if (this.#top() instanceof PickleDict) return true;
        throw weightsInvalid('sets attributes of something that is not a dict');
      default:
        return false;
    }
  }

  #global(module: string, name: string): PickleGlobal {
    const global = this.#globals.get(`${module}.${name}`);
    if (global) return global;
    throw weightsInvalid(
      `names ${module}.${name}, which is no part of a tensor and is not run: save a state_dict alone, with torch.save(model.state_dict(), path)`,
    );
  }

  #append(items: readonly PickleValue[]): true {
    const list = this.#top();
    if (!Array.isArray(list)) throw broken();
    for (const item of items) list.push(item);
    return true;
  }

  #setItems(items: readonly PickleValue[]): true {
    const dict = this.#top();
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0) throw broken();
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i] ?? null, items[i + 1] ?? null);
    return true;
  }

  #remember(key: number): true {
    this.#memo.set(key, this.#top());
    return true;
  }

  #recall(key: number): true {
    const value = this.#memo.get(key);
    if (value === undefined) throw broken();
    return this.#push(value);
  }

  #push(value: PickleValue): true {
    this.#stack.push(value);
    return true;
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || typeof value === 'symbol') throw broken();
    return value;
  }

  #popSeveral(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse();
  }

  #popToMark(): PickleValue[] {
    const items: PickleValue[] = [];
    for (;;) {
      const value = this.#stack.pop();
      if (value === undefined) throw broken();
      if (typeof value === 'symbol') return items.reverse();
      items.push(value);
    }
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined || typeof value === 'symbol') throw broken();
    return value;
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw broken();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #takeLine(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw broken();
    const line = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return line;
  }
}

function callGlobal(callee: PickleValue | undefined, args: PickleValue | undefined): PickleValue {
  const isCallable = typeof callee === 'object' && callee !== null && 'call' in callee && typeof callee.call === 'function';
  if (!isCallable || !Array.isArray(args)) throw weightsInvalid('calls something that makes no part of a tensor');
  return (callee as Required<PickleGlobal>).call(args);
}

/** Two's complement, little-endian. */
function longValue(bytes: Buffer): number | bigint {
  if (bytes.length > 8) throw weightsInvalid('holds a number of more than 64 bits');
  const value =
    bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function broken(): Error {
  return weightsInvalid('holds a broken pickle');
}
