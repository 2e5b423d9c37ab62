import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DatasetReport } from '@scion/schema';
import { buildZip } from '../testkit/build-archive.ts';
import { gradient, jpeg, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

const pixels = [1, 2, 3, 4].map((seed) => gradient(4, 5, seed));
const [a, b, c, d] = (await Promise.all(pixels.map(png))) as [Buffer, Buffer, Buffer, Buffer];

const issuesOf = ({ issues }: DatasetReport) => issues.map(({ code, path, row }) => [code, path, row]);

test('a CSV beside images gives label, split and group of each', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      'set/images/1.png': a,
      'set/images/2.png': b,
      'set/images/3.png': c,
      'set/labels.csv':
        'filename,class,split,patient\nimages/1.png,dog,train,p1\nimages/2.png,cat,test,p2\nimages/3.png,cat,,p1\n',
    }),
  );
  assert.deepEqual([report.format, report.classNames, report.issues], ['table', ['cat', 'dog'], []]);
  assert.deepEqual(report.splits, {
    train: { examples: 2, labelled: 2, classes: { cat: 1, dog: 1 } },
    test: { examples: 1, labelled: 1, classes: { cat: 1, dog: 0 } },
  });
  const train = dataset.split('train');
  assert.deepEqual(await train.readSources(), [
    { path: 'set/images/1.png', row: null, group: 'p1' },
    { path: 'set/images/3.png', row: null, group: 'p1' },
  ]);
  const out = new Uint8Array(60);
  await train.read([1], out);
  assert.deepEqual([...out], [...pixels[2]!.data]);
});

test('images are found by path from the top, by name, without an ending, and through ..', async () => {
  const { report } = await packUpload(
    await buildZip({
      'images/1.png': a,
      'images/2.png': b,
      'images/deep/3.png': c,
      'images/deep/4.png': d,
      'tables/train.csv': 'id,target\n/images/1.png,0\n../images/2.png,1\n3,0\ndeep\\4.png,1\n',
    }),
  );
  assert.deepEqual(report.issues, []);
  assert.deepEqual(report.splits.train, { examples: 4, labelled: 4, classes: { 0: 2, 1: 2 } });
});

test('a table alone may hold its images in base64, with or without a data URL', async () => {
  const jpg = (await jpeg(pixels[1]!)).toString('base64');
  const csv = `label,data\n7,${a.toString('base64')}\n10,"data:image/jpeg;base64,${jpg}"\n,${c.toString('base64')}\n`;
  for (const [bytes, fileName] of [
    [Buffer.from(csv), 'digits.csv'],
    [gzipSync(csv), 'digits.csv.gz'],
  ] as const) {
    const { report, dataset } = await packUpload(bytes, { fileName });
    assert.deepEqual([report.format, report.classNames, report.issues], ['table', ['7', '10'], []]);
    const train = dataset.split('train');
    assert.deepEqual([...train.labels], [0, 1, -1]);
    assert.deepEqual((await train.readSources())[1], { path: fileName, row: 1 });
    const out = new Uint8Array(60);
    await train.read([2], out);
    assert.deepEqual([...out], [...pixels[2]!.data]);
  }
});

test('JSON lines, one table a split', async () => {
  const line = (image: Buffer, label: unknown) => `${JSON.stringify({ image: image.toString('base64'), label })}\r\n`;
  const { report } = await packUpload(
    await buildZip({ 'train.jsonl': line(a, 3) + line(b, 20) + line(c, null), 'validation.jsonl': `\n${line(d, 20)}` }),
  );
  assert.deepEqual(report.classNames, ['3', '20']);
  assert.deepEqual(report.splits, {
    train: { examples: 3, labelled: 2, classes: { 3: 1, 20: 1 } },
    val: { examples: 1, labelled: 1, classes: { 3: 0, 20: 1 } },
  });
});

test('a byte order mark, CRLF, quoted newlines, tabs and semicolons are read', async () => {
  const files = { '1.png': a, '2.png': b };
  const tables = {
    'labels.csv': '\uFEFFimage,label\r\n"1.png","two\r\nlines, ""quoted"""\r\n2.png,two words\r\n',
    'labels.tsv': 'image\tlabel\n1.png\t"two\r\nlines, ""quoted"""\n2.png\ttwo words',
    'semicolons.csv': 'image;label\n1.png;"two\r\nlines, ""quoted"""\n2.png;two words\n',
  };
  for (const [name, text] of Object.entries(tables)) {
    const { report } = await packUpload(await buildZip({ ...files, [name]: text }));
    assert.deepEqual(report.classNames, ['two\r\nlines, "quoted"', 'two words'], name);
    assert.deepEqual(report.issues, []);
  }
});

test('a table without a header has columns by number', async () => {
  const { report } = await packUpload(await buildZip({ '1.png': a, '2.png': b, 'list.csv': '1.png,cat\n2.png,dog\n' }));
  assert.deepEqual([report.splits.train!.examples, report.classNames], [2, ['cat', 'dog']]);
});

test('roles may be given, and need only the ones that are guessed wrong', async () => {
  const upload = await buildZip({
    '1.png': a,
    '2.png': b,
    'list.csv': 'file,class,breed,photographer\n1.png,x,pug,ann\n2.png,x,husky,bob\n',
  });
  const guessed = await packUpload(upload);
  assert.deepEqual(guessed.report.classNames, ['x']);
  const { report, dataset } = await packUpload(upload, { options: { columns: { label: 'breed', group: 'photographer' } } });
  assert.deepEqual(report.classNames, ['husky', 'pug']);
  assert.deepEqual(
    (await dataset.split('train').readSources()).map(({ group }) => group),
    ['ann', 'bob'],
  );
  await assert.rejects(packUpload(upload, { options: { columns: { image: 'photo' } } }), {
    code: 'dataInvalid',
    message: 'list.csv: There is no column "photo". There are file, class, breed, photographer',
  });
  await assert.rejects(packUpload(upload, { options: { columns: { label: 'race' } } }), {
    code: 'dataInvalid',
    message: /no column "race" for columns.label/,
  });
});

const damagedRows = Buffer.concat([
  Buffer.from('image,label,split\n1.png,cat,train\n../../../etc/passwd,cat,train\nhttps://example.org/1.png,cat,train\n'),
  Buffer.from('2.png,dog,extra\n3.png\n3.png,caf\xe9,train\n,cat,train\n4.png,dog,train\n', 'latin1'),
]);

test('rows that cannot be used are left out and reported by number', async () => {
  const { report } = await packUpload(await buildZip({ '1.png': a, '2.png': b, '3.png': c, '4.png': d, 'x.csv': damagedRows }));
  assert.deepEqual(report.splits.train, { examples: 2, labelled: 2, classes: { cat: 1, dog: 1 } });
  assert.deepEqual(issuesOf(report), [
    ['image-missing', 'x.csv', 1],
    ['image-missing', 'x.csv', 2],
    ['split-unknown', 'x.csv', 3],
    ['row-malformed', 'x.csv', 4],
    ['row-not-utf8', 'x.csv', 5],
    ['image-missing', 'x.csv', 6],
    ['not-in-table', null, null],
  ]);
  assert.match(report.issues[1]!.message, /is an address: images must be in the upload; left out$/);
});

test('with the policy fail, the first such row refuses the data set', async () => {
  const upload = await buildZip({ '1.png': a, '2.png': b, '3.png': c, '4.png': d, 'x.csv': damagedRows });
  await assert.rejects(packUpload(upload, { options: { policy: 'fail', columns: { split: 'split' } } }), {
    code: 'dataInvalid',
    message: 'x.csv, row 1: There is no image "../../../etc/passwd" in the upload',
  });
});

test('lines of JSON that cannot be used are reported by number', async () => {
  const lines = [
    '{"image":"1.png","label":"cat"}',
    'no json',
    '["1.png"]',
    '{"image":"2.png","label":{"cat":true}}',
    '{"image":"2.png"}',
  ];
  const { report } = await packUpload(await buildZip({ '1.png': a, '2.png': b, 'x.jsonl': lines.join('\n') }));
  assert.deepEqual(report.splits.train, { examples: 2, labelled: 1, classes: { cat: 1 } });
  assert.deepEqual(
    issuesOf(report),
    [1, 2, 3].map((row) => ['row-malformed', 'x.jsonl', row]),
  );
});

test('class folders tell more than a table beside them, and a damaged document is passed over', async () => {
  const folders = await buildZip({ 'cat/1.png': a, 'dog/2.png': b, 'list.csv': 'image,label\ncat/1.png,x\n' });
  assert.equal((await packUpload(folders)).report.format, 'image-folder');
  const metadata = await buildZip({ 'a/1.png': a, 'b/2.png': b, 'metadata.csv': 'file_name,label\na/1.png,x\nb/2.png,x\n' });
  assert.equal((await packUpload(metadata)).report.format, 'table');
  const document = await buildZip({ '1.png': a, '2.png': b, 'notes.csv': 'time,"note\n1,2\n' });
  assert.equal((await packUpload(document)).report.format, 'image-folder');
});

const refusals: [string, string | Buffer, RegExp][] = [
  ['numbers only', 'id,count\n1,2\n3,4\n', /^x\.csv: No column holds images, recordings or texts \(there are id, count\)/],
  ['a quote that is not closed', 'image,label\n1.png,"cat\n', /quoted field is not closed/],
  ['a quote out of place', 'image,label\n1.png,"cat"dog\n', /^x\.csv: Line 2 has a quotation mark out of place/],
  ['two columns of one name', 'image,label,label\n1.png,a,b\n', /Two columns are called "label"/],
  ['UTF-16', Buffer.from('\uFEFFimage,label\n1.png,a\n', 'utf16le'), /UTF-16: save it as UTF-8/],
  ['nothing', '\n\n', /The table is empty/],
];
for (const [what, text, message] of refusals) {
  test(`a table of ${what} is refused by name`, async () => {
    await assert.rejects(packUpload(Buffer.from(text), { fileName: 'x.csv' }), { code: 'dataInvalid', message });
  });
}
