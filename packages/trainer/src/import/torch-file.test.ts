import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floats, pickle, torchZip } from './torch-file.fixture.ts';
import { torchSaved } from './torch-saved.fixture.ts';
import { assertRefused, contentOf } from './weights-file.fixture.ts';

const plain = { key: '0', shape: [2, 2], strides: [2, 1] };
const stateDict = pickle.of(pickle.dict({ w: pickle.tensor(plain) }));
const values = { 0: floats(1, 2, 3, 4) };

describe('a file that PyTorch wrote', () => {
  it('gives its tensors, of every type, views of shared storages too', async () => {
    const { format, entry, tensors, others } = await contentOf(Buffer.from(torchSaved, 'base64'));
    assert.deepEqual({ format, entry, others }, { format: 'torch', entry: 'state_dict', others: [] });
    assert.deepEqual(tensors, {
      'float.weight': { shape: [2, 3], values: [0, 1, 2, 3, 4, 5] },
      'transposed.weight': { shape: [3, 2], values: [0, 3, 1, 4, 2, 5] },
      'part.weight': { shape: [2], values: [4, 5] },
      'half.weight': { shape: [4], values: [0.5, -2, 65504, 2 ** -24] },
      'bfloat.weight': { shape: [2], values: [1.5, -3.140625] },
      'double.weight': { shape: [1], values: [Math.fround(0.1)] },
      'long.count': { shape: [], values: [-7] },
      'int.count': { shape: [2], values: [3, -4] },
      'byte.count': { shape: [2], values: [255, 0] },
      'bool.flag': { shape: [2], values: [1, 0] },
      parameter: { shape: [2], values: [8, 9] },
    });
  });

  it('gives an entry that is asked for, and names those there are where it has none', async () => {
    const bytes = Buffer.from(torchSaved, 'base64');
    const { entry, tensors, others } = await contentOf(bytes, { entry: 'extra' });
    assert.deepEqual(
      { entry, names: Object.keys(tensors), others },
      { entry: 'extra', names: ['deep.ema'], others: ['epoch', 'note'] },
    );
    await assert.rejects(
      contentOf(bytes, { entry: 'model_ema' }),
      /has no entry "model_ema" that is a dict; it has state_dict, extra/,
    );
  });
});

describe('a PyTorch file put together by hand', () => {
  it('gives its tensors', async () => {
    const { tensors } = await contentOf(await torchZip(stateDict, values));
    assert.deepEqual(tensors, { w: { shape: [2, 2], values: [1, 2, 3, 4] } });
  });

  for (const [module, name] of [
    ['posix', 'system'],
    ['os', 'system'],
    ['builtins', 'eval'],
    ['subprocess', 'Popen'],
    ['torch.nn.modules.linear', 'Linear'],
    ['collections', 'Counter'],
  ] as const) {
    it(`is refused, by name, for ${module}.${name}`, async () => {
      const call = pickle.call(pickle.global(module, name), pickle.text('touch /tmp/scion-was-here'));
      const zip = await torchZip(pickle.of(pickle.dict({ w: call })), values);
      await assertRefused(zip, new RegExp(`names ${module}\\.${name}, which is no part of a tensor and is not run`));
    });
  }

  it('is refused for a name that comes from the stack, as protocol 4 writes them', async () => {
    const short = (text: string) => Buffer.concat([Buffer.from([0x8c, text.length]), Buffer.from(text)]);
    const global = Buffer.concat([short('posix'), short('system'), Buffer.from([0x93])]);
    const zip = await torchZip(pickle.of(pickle.call(global, pickle.text('id'))), values);
    await assertRefused(zip, /names posix\.system/);
  });

  it('is refused for an instruction that tensors do not need', async () => {
    // EXT1 (0x82) looks a name up in a registry of Python's; INST (i) and OBJ (o) and NEWOBJ (0x81) make objects.
    for (const code of [0x82, 0x69, 0x6f, 0x81]) {
      const zip = await torchZip(pickle.of(Buffer.from([code, 1])), values);
      await assertRefused(zip, new RegExp(`the pickle instruction 0x${code.toString(16)}, which tensors do not need`));
    }
  });

  it('is refused where it calls what is no function, or with other arguments', async () => {
    const rebuild = pickle.global('torch._utils', '_rebuild_tensor_v2');
    const wrong = [
      pickle.call(pickle.text('eval'), pickle.text('1')),
      pickle.call(pickle.global('torch', 'FloatStorage')),
      pickle.call(rebuild, pickle.text('no storage')),
      pickle.tensor({ ...plain, strides: [2] }),
      pickle.tensor({ ...plain, shape: [-2, 2] }),
      pickle.tensor({ ...plain, key: '../../etc/passwd' }),
    ];
    for (const value of wrong) await assertRefused(await torchZip(pickle.of(pickle.dict({ w: value })), values), /calls /);
  });

  it('is refused where its pickle is broken', async () => {
    for (let length = 0; length < stateDict.length - 1; length++) {
      await assertRefused(await torchZip(stateDict.subarray(0, length), values), /./);
    }
    const loose = [
      Buffer.from('s', 'latin1'),
      Buffer.from('h\x05', 'latin1'),
      Buffer.from('t', 'latin1'),
      Buffer.from('0', 'latin1'),
    ];
    for (const part of loose) await assertRefused(await torchZip(pickle.of(part), values), /broken pickle|instruction 0x/);
  });

  it('is refused where a tensor reaches out of its storage, or has none', async () => {
    const reaching = [
      { ...plain, offset: 1 },
      { ...plain, strides: [1_000_000_000, 1] },
      { ...plain, shape: [2_000_000_000, 2_000_000_000] },
      { ...plain, type: 'DoubleStorage' },
    ];
    for (const tensor of reaching) {
      const zip = await torchZip(pickle.of(pickle.dict({ w: pickle.tensor(tensor) })), values);
      await assertRefused(zip, /does not hold all of w/);
    }
    await assertRefused(await torchZip(stateDict, {}), /lacks the values of w/);
  });

  it('is refused where parts are compressed, which is how a few bytes become many', async () => {
    await assertRefused(
      await torchZip(stateDict, { 0: Buffer.alloc(50_000_000) }, { compress: true }),
      /compressed or encrypted/,
    );
  });

  it('is refused where dicts in dicts make more names than a model has, or never end', async () => {
    const latin = (text: string) => Buffer.from(text, 'latin1');
    // Each level holds the one below thirty times over, by reference.
    let level = Buffer.concat([pickle.dict({ w: pickle.int(1) }), latin('q\x00')]);
    for (let depth = 1; depth <= 5; depth++) {
      const again = Array.from({ length: 30 }, (_, i) => [`k${i}`, latin(`h${String.fromCharCode(depth - 1)}`)] as const);
      level = Buffer.concat([level, pickle.dict(Object.fromEntries(again)), latin(`q${String.fromCharCode(depth)}`)]);
    }
    await assertRefused(await torchZip(pickle.of(level), values), /more than 100000 names/);
    const itself = Buffer.concat([latin('}q\x00'), pickle.text('self'), latin('h\x00s')]);
    await assertRefused(await torchZip(pickle.of(itself), values), /deeper than 8/);
  });

  it('is refused where the zip is of something else, torn, or of another byte order', async () => {
    const zip = await torchZip(stateDict, values);
    await assertRefused(zip.subarray(0, -10), /is a broken zip/);
    await assertRefused(await torchZip(stateDict, values, { parts: { byteorder: Buffer.from('big') } }), /another byte order/);
  });

  it('is refused for a pickle of more than 64 MB', async () => {
    await assertRefused(await torchZip(Buffer.alloc(64 * 2 ** 20 + 1), values), /more than 67108864/);
  });
});
