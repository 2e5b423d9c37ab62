import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeSafetensors } from '../artifact/safetensors.ts';
import { assertRefused, contentOf } from './weights-file.fixture.ts';

/** A safetensors file with this header and these bytes of values. */
function fileWith(header: unknown, values: Uint8Array = Buffer.alloc(0), headerBytes?: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(headerBytes ?? json.length));
  return Buffer.concat([length, json, values]);
}

const entry = (dtype: string, shape: number[], from: number, to: number) => ({ dtype, shape, data_offsets: [from, to] });

describe('a safetensors file that others made', () => {
  it('gives its tensors', async () => {
    const tensors = [
      { name: 'a', shape: [2], data: Float32Array.of(1, 2) },
      { name: 'b', shape: [], data: Float32Array.of(3) },
    ];
    assert.deepEqual(await contentOf(Buffer.concat(encodeSafetensors(tensors))), {
      format: 'safetensors',
      entry: null,
      tensors: { a: { shape: [2], values: [1, 2] }, b: { shape: [], values: [3] } },
      others: [],
    });
  });

  for (const [dtype, bytes, values] of [
    [
      'F16',
      Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x03ff, 0x7bff).buffer),
      [1, -2, 2 ** -24, 1023 * 2 ** -24, 65504],
    ],
    ['BF16', Buffer.from(Uint16Array.of(0x3f80, 0xc040, 0x0080).buffer), [1, -3, 2 ** -126]],
    ['F64', Buffer.from(Float64Array.of(0.1, -1e300, 1e-300).buffer), [Math.fround(0.1), Number.NEGATIVE_INFINITY, 0]],
    ['I64', Buffer.from(BigInt64Array.of(-5n, 2n ** 24n + 1n).buffer), [-5, 2 ** 24]],
    ['I32', Buffer.from(Int32Array.of(-5, 7).buffer), [-5, 7]],
    ['I16', Buffer.from(Int16Array.of(-5, 7).buffer), [-5, 7]],
    ['I8', Buffer.from(Int8Array.of(-5, 7).buffer), [-5, 7]],
    ['U8', Buffer.from(Uint8Array.of(250, 7).buffer), [250, 7]],
    ['BOOL', Buffer.from(Uint8Array.of(1, 0).buffer), [1, 0]],
  ] as const) {
    it(`gives ${dtype} values as float32`, async () => {
      const file = fileWith({ a: entry(dtype, [values.length], 0, bytes.length) }, bytes);
      assert.deepEqual((await contentOf(file)).tensors['a']?.values, [...values]);
    });
  }

  it('is refused for a header that is longer than the file or than 100 MB', async () => {
    for (const bytes of [1e6, 1e9, 2 ** 53 - 1]) {
      await assertRefused(fileWith({}, Buffer.alloc(100), bytes), /neither safetensors nor a PyTorch file/);
    }
    await assertRefused(Buffer.from([0, 0, 0]), /neither safetensors nor a PyTorch file/);
  });

  it('is refused for tensors that lie over each other, or out of the file', async () => {
    const overlapping = { a: entry('F32', [2], 0, 8), b: entry('F32', [2], 4, 12) };
    await assertRefused(fileWith(overlapping, Buffer.alloc(12)), /the values of b lie over those of a/);
    await assertRefused(fileWith({ a: entry('F32', [2], 0, 8), b: entry('F32', [2], 0, 8) }, Buffer.alloc(8)), /lie over/);
    await assertRefused(fileWith({ a: entry('F32', [3], 0, 12) }, Buffer.alloc(8)), /does not hold all of a/);
    await assertRefused(fileWith({ a: entry('F32', [2], 8, 0) }, Buffer.alloc(8)), /does not hold all of a/);
    await assertRefused(fileWith({ a: entry('F32', [2], -8, 0) }, Buffer.alloc(8)), /header that is not as it should be/);
  });

  it('is refused for sizes that do not fit the type, and types that it cannot read', async () => {
    await assertRefused(fileWith({ a: entry('F64', [2], 0, 8) }, Buffer.alloc(8)), /does not hold all of a/);
    await assertRefused(fileWith({ a: entry('F32', [2 ** 40, 2 ** 40], 0, 8) }, Buffer.alloc(8)), /does not hold all of a/);
    await assertRefused(
      fileWith({ a: entry('F8_E4M3', [8], 0, 8) }, Buffer.alloc(8)),
      /holds a as F8_E4M3, which is not one of F64/,
    );
    await assertRefused(fileWith('{"a": 5', Buffer.alloc(8)), /header that is not as it should be/);
  });
});

describe('other files', () => {
  const at = (place: number, text: string) => {
    const bytes = Buffer.alloc(1024, 'x');
    bytes.write(text, place, 'latin1');
    return bytes;
  };

  it('are refused, with advice where they are known', async () => {
    await assertRefused(
      at(0, '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'),
      /form before 1\.6.*save it again with torch\.save/,
    );
    await assertRefused(at(257, 'ustar'), /is a tar.*save it again with torch\.save/);
    await assertRefused(at(0, '\x89HDF\r\n'), /HDF5/);
    await assertRefused(at(0, 'GGUF'), /GGUF/);
    await assertRefused(Buffer.from('<html>not found</html>'), /neither safetensors nor a PyTorch file/);
  });
});
