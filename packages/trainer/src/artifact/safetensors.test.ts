import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ScionError } from '@scion/schema';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from './safetensors.ts';

const tensors: NamedArray[] = [
  { name: 'conv1.weight', shape: [2, 1, 3], data: Float32Array.of(1, -2.5, 3e-40, 0, -0, 1e38) },
  { name: 'größe', shape: [], data: Float32Array.of(0.1) },
  { name: 'empty', shape: [0, 4], data: new Float32Array() },
];

const encode = (given: readonly NamedArray[]): Buffer => Buffer.concat(encodeSafetensors(given));

/** A file with this header and as many bytes of values. */
function fileWith(header: unknown, valueBytes = 0): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(valueBytes)]);
}

const isCorrupt = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ScionError && error.code === 'checkpointCorrupt', String(error));
  assert.match(error.message, pattern);
  return true;
};

describe('safetensors', () => {
  it('come back bit by bit, names and shapes too', () => {
    const decoded = decodeSafetensors(encode(tensors));
    assert.deepEqual([...decoded.values()], tensors);
    assert.ok(Object.is(decoded.get('conv1.weight')?.data[4], -0));
  });

  it('come back from bytes that start at an odd place in their buffer', () => {
    const bytes = encode(tensors);
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    assert.deepEqual([...decodeSafetensors(shifted).values()], tensors);
  });

  it('lie as the format says: header length, JSON header, values without gaps from an 8-byte border on', () => {
    const bytes = encode(tensors.slice(0, 1));
    const length = Number(bytes.readBigUInt64LE(0));
    assert.equal(length % 8, 0);
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8')) as Record<string, unknown>;
    assert.deepEqual(header['conv1.weight'], { dtype: 'F32', shape: [2, 1, 3], data_offsets: [0, 24] });
    assert.deepEqual(header['__metadata__'], { format: 'pt' });
    assert.equal(bytes.length, 8 + length + 24);
    assert.equal(bytes.readFloatLE(8 + length + 4), -2.5);
  });

  it('are corrupt where they were cut short anywhere', () => {
    const bytes = encode(tensors);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeSafetensors(bytes.subarray(0, length)), isCorrupt(/./), `cut to ${length} bytes`);
    }
  });

  it('are corrupt where the bytes are something else', () => {
    assert.throws(() => decodeSafetensors(Buffer.from('this is no tensor file at all')), isCorrupt(/ends within its header/));
    assert.throws(() => decodeSafetensors(fileWith('[1, 2')), isCorrupt(/header that is not as it should be/));
    assert.throws(() => decodeSafetensors(fileWith({ a: 5 })), isCorrupt(/header that is not as it should be/));
    assert.throws(() => decodeSafetensors(fileWith({ a: { dtype: 'F32', shape: 4 } })), isCorrupt(/not as it should be/));
  });

  it('are corrupt where a tensor does not lie where its header says', () => {
    const entry = (shape: number[], offsets: number[], dtype = 'F32') => ({ a: { dtype, shape, data_offsets: offsets } });
    assert.throws(() => decodeSafetensors(fileWith(entry([2], [0, 8]), 7)), isCorrupt(/does not hold all of a/));
    assert.throws(() => decodeSafetensors(fileWith(entry([2], [0, 4]), 8)), isCorrupt(/does not hold all of a/));
    assert.throws(() => decodeSafetensors(fileWith(entry([2], [8, 0]), 8)), isCorrupt(/does not hold all of a/));
    assert.throws(() => decodeSafetensors(fileWith(entry([4], [0, 8], 'F16'), 8)), isCorrupt(/a as F16; only F32 is read/));
    assert.throws(() => decodeSafetensors(fileWith({ a: { no: 'place' } })), isCorrupt(/nothing of where a lies/));
  });
});
