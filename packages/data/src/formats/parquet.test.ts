import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { buildZip } from '../testkit/build-archive.ts';
import { encode, gradient, png } from '../testkit/build-image.ts';
import { buildHubParquet } from '../testkit/build-parquet.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

const pixels = [1, 2, 3, 4].map((seed) => gradient(4, 5, seed));
const images = await Promise.all(pixels.map(png));
const classNames = ['zebra', 'ant', 'bee'];
const rowOf = (i: number, label: number | null) => ({ image: { bytes: images[i]!, path: `${i}.png` }, label });

test('the layout of the Hugging Face Hub: classes in the order of its metadata, splits by file name', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      'data/test-00000-of-00001.parquet': buildHubParquet([rowOf(3, -1)], { classNames }),
      'data/train-00000-of-00002.parquet': buildHubParquet([rowOf(0, 2), rowOf(1, 0)], { classNames, rowGroupSize: 1 }),
      'data/train-00001-of-00002.parquet': buildHubParquet([rowOf(2, null)], { classNames }),
      'README.md': 'passed over',
    }),
  );
  assert.deepEqual([report.format, report.classNames, report.example.shape], ['parquet', classNames, [4, 5, 3]]);
  assert.deepEqual(report.splits, {
    train: { examples: 3, labelled: 2, classes: { zebra: 1, ant: 0, bee: 1 } },
    test: { examples: 1, labelled: 0, classes: { zebra: 0, ant: 0, bee: 0 } },
  });
  const train = dataset.split('train');
  assert.deepEqual([...train.labels], [2, 0, -1]);
  assert.deepEqual((await train.readSources())[1], { path: 'data/train-00000-of-00002.parquet', row: 1 });
  const out = new Uint8Array(3 * 60);
  await train.read([0, 1, 2], out);
  assert.deepEqual(
    [...out],
    pixels.slice(0, 3).flatMap(({ data }) => [...data]),
  );
});

test('a file alone, uncompressed; without names classes are numbers; images may be paths into the upload', async () => {
  const file = buildHubParquet([rowOf(0, 10), rowOf(1, 9)], { classNames: null, codec: 'UNCOMPRESSED' });
  const { report } = await packUpload(file, { fileName: 'validation.parquet' });
  assert.deepEqual([report.classNames, Object.keys(report.splits)], [['9', '10'], ['val']]);
  const byPath = buildHubParquet([{ image: { bytes: null, path: 'images/0.png' }, label: 1 }], { classNames });
  const { dataset } = await packUpload(await buildZip({ 'train.parquet': byPath, 'images/0.png': images[0]! }));
  assert.deepEqual(await dataset.split('train').readSources(), [{ path: 'images/0.png', row: null }]);
});

test('plain columns of bytes and text, roles guessed', async () => {
  const file = parquetWriteBuffer({
    columnData: [
      { name: 'picture', data: images, type: 'BYTE_ARRAY' },
      { name: 'species', data: ['cat', 'dog', null, 'cat'], type: 'STRING' },
      { name: 'split', data: ['train', 'test', 'train', 'valid'], type: 'STRING' },
      { name: 'patient', data: [7, 8, 7, 9], type: 'INT32' },
    ],
  });
  const { report, dataset } = await packUpload(Buffer.from(file), { fileName: 'photos.parquet' });
  assert.deepEqual(
    Object.entries(report.splits).map(([name, { examples, classes }]) => [name, examples, classes]),
    [
      ['train', 2, { cat: 1, dog: 0 }],
      ['test', 1, { cat: 0, dog: 1 }],
      ['val', 1, { cat: 1, dog: 0 }],
    ],
  );
  assert.deepEqual(
    (await dataset.split('train').readSources()).map(({ group }) => group),
    ['7', '7'],
  );
});

test('rows that cannot be used are left out and reported by number', async () => {
  const broken = { image: { bytes: Buffer.from('no image'), path: null }, label: 0 };
  const rows = [rowOf(0, 1), broken, rowOf(1, 3), { image: null, label: 0 }, rowOf(2, 0)];
  const upload = buildHubParquet(rows, { classNames });
  const { report } = await packUpload(upload, { fileName: 'train.parquet' });
  assert.equal(report.splits.train!.examples, 2);
  assert.deepEqual(report.issues.map(({ code, path, row }) => [code, path, row]).sort(), [
    ['class-without-examples', null, null],
    ['image-missing', 'train.parquet', 3],
    ['not-an-image', 'train.parquet', 1],
    ['row-malformed', 'train.parquet', 2],
  ]);
});

test('a damaged file is refused by name, a bad footer as such', async () => {
  const whole = buildHubParquet([rowOf(0, 1)], { classNames });
  const footerLength = whole.readUInt32LE(whole.length - 8);
  const badFooter = Buffer.from(whole).fill(0xff, whole.length - 8 - footerLength, whole.length - 8);
  const longFooter = Buffer.from(whole);
  longFooter.writeUInt32LE(0x7fff_ffff, whole.length - 8);
  const noPages = Buffer.from(whole).fill(0xff, 4, 40);
  const cases: [Buffer, RegExp][] = [
    [badFooter, /^train\.parquet: Its footer cannot be read/],
    [longFooter, /^train\.parquet: Its footer cannot be read/],
    [whole.subarray(0, -20), /^train\.parquet: Its footer cannot be read/],
    [Buffer.from('PAR1'), /^train\.parquet: Its footer cannot be read/],
    [noPages, /^train\.parquet: Its row group 0 cannot be read/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(packUpload(bytes, { fileName: 'train.parquet' }), { code: 'dataInvalid', message });
  }
});

test('images that repeat one page of the file count each time against the limits', async () => {
  const large = await encode(gradient(1200, 1200)).png({ compressionLevel: 0 }).toBuffer();
  const row = { image: { bytes: large, path: null }, label: 0 };
  const bomb = buildHubParquet([row, row, row, row, row, row], { classNames });
  assert.ok(bomb.length < large.length);
  const limits = { maxEntries: 10, maxUnpackedBytes: 16 << 20, maxRatio: 100, ratioFreeBytes: 64 << 20 };
  await assert.rejects(packUpload(bomb, { fileName: 'train.parquet', limits }), {
    code: 'archiveUnsafe',
    message: /"train.parquet": it unpacks to more than 16777216 bytes/,
  });
});

test('a page that claims to unpack to more than a row group may have is refused before it does', async () => {
  const file = buildHubParquet([rowOf(0, 1)], { classNames });
  await assert.rejects(packUpload(withHugePages(file), { fileName: 'train.parquet' }), {
    code: 'dataInvalid',
    message: /^train\.parquet: Its row group 0 .*unpacks to more than 536870912 bytes/,
  });
});

/**
 * Makes the first page claim to unpack to 2,000,000,000 bytes. Its header stands at the start of the file: type, unpacked size,
 * packed size, each a varint after the byte 0x15. The claim takes more bytes, which the packed size gives way for.
 */
function withHugePages(file: Buffer): Buffer {
  const unpacked = readVarint(file, 7);
  const packed = readVarint(file, unpacked.end + 1);
  assert.deepEqual([file[4], file[6], file[unpacked.end]], [0x15, 0x15, 0x15]);
  const claim = writeVarint(2 * 2_000_000_000);
  const smaller = writeVarint(packed.value - 2 * (claim.length - (unpacked.end - 7)));
  assert.equal(smaller.length, packed.end - unpacked.end - 1);
  return Buffer.concat([file.subarray(0, 7), claim, Buffer.from([0x15]), smaller, file.subarray(packed.end)]);
}

function readVarint(bytes: Buffer, start: number): { value: number; end: number } {
  let end = start;
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[end++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end };
  }
}

function writeVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
