import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { datasetFiles, PreviewFile } from '@scion/schema';
import { parse } from 'csv-parse/sync';
import sharp from 'sharp';
import { decodeImage } from '../image/decode-image.ts';
import { buildTar } from '../testkit/build-archive.ts';
import { gradient, jpeg, plain, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { writePreview } from './write-preview.ts';

const { packUpload } = await createPackingPlace();

async function previewOf(files: Record<string, Buffer>) {
  const { outDir } = await packUpload(await buildTar(files));
  await writePreview(outDir);
  const read = (name: string) => readFile(join(outDir, name));
  return {
    preview: PreviewFile.parse(JSON.parse((await read(datasetFiles.preview)).toString())),
    csv: (await read(datasetFiles.splits)).toString(),
    sheet: await read(datasetFiles.contactSheet),
  };
}

test('shows examples of every class with their own pixels, and how many each class has', async () => {
  const files: Record<string, Buffer> = {};
  for (let i = 0; i < 60; i++) files[`train/cat/${i}.png`] = await png(gradient(6, 5, i));
  files['train/dog/a.png'] = await png(plain(6, 5, [200, 10, 10]));
  files['test/dog/b.png'] = await png(gradient(6, 5, 99));
  const { preview, sheet } = await previewOf(files);
  const [train, held] = preview.splits;
  assert.deepEqual(
    [train!.histogram, held!.histogram],
    [
      [
        { label: 'cat', examples: 60 },
        { label: 'dog', examples: 1 },
      ],
      [
        { label: 'cat', examples: 0 },
        { label: 'dog', examples: 1 },
      ],
    ],
  );
  assert.equal(train!.examples.length, 40);
  const dog = train!.examples.find(({ label }) => label === 'dog')!;
  assert.deepEqual([dog.path, dog.row, dog.index], ['train/dog/a.png', null, 60]);
  const bytes = Buffer.from(dog.thumbnail!.replace('data:image/png;base64,', ''), 'base64');
  assert.deepEqual([...(await decodeImage(bytes, { height: 6, width: 5, channels: 3 }))], [...plain(6, 5, [200, 10, 10]).data]);

  const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  const isDogRed = (i: number) => data[i] === 200 && data[i + 1] === 10 && data[i + 2] === 10;
  let red = 0;
  for (let i = 0; i < data.length; i += 3) if (isDogRed(i)) red++;
  assert.equal(red, 30);
});

test('photos of many sizes become small JPEGs of one size', async () => {
  const { preview } = await previewOf({ 'ant.jpg': await jpeg(gradient(200, 300)), 'bee.jpg': await jpeg(gradient(400, 100)) });
  const [train] = preview.splits;
  assert.deepEqual(train!.histogram, [{ label: null, examples: 2 }]);
  for (const { thumbnail, label } of train!.examples) {
    assert.equal(label, null);
    const { width, height, format } = await sharp(Buffer.from(thumbnail!.split(',')[1]!, 'base64')).metadata();
    assert.deepEqual([width, height, format], [96, 96, 'jpeg']);
  }
});

test('the splits as CSV name each example, whatever its name', async () => {
  const { csv } = await previewOf({
    'train/a, "b"/x\ny.png': await png(gradient(4, 4, 1)),
    'train/=1+1/=2.png': await png(gradient(4, 4, 2)),
    'test/🐈/z.png': await png(gradient(4, 4, 3)),
    'train/-1/n.png': await png(gradient(4, 4, 4)),
  });
  assert.deepEqual(parse(csv), [
    ['split', 'index', 'path', 'row', 'label'],
    ['train', '0', 'train/-1/n.png', '', '-1'],
    ['train', '1', 'train/=1+1/=2.png', '', "'=1+1"],
    ['train', '2', 'train/a, "b"/x\ny.png', '', 'a, "b"'],
    ['test', '0', 'test/🐈/z.png', '', '🐈'],
  ]);
});
