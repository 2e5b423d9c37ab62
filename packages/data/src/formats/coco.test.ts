import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTar, buildZip } from '../testkit/build-archive.ts';
import { gradient, jpeg, png } from '../testkit/build-image.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { decodeRuns } from './coco/run-lengths.ts';

const { packUpload } = await createPackingPlace();
const [height, width] = [4, 6];
const files = Object.fromEntries(
  await Promise.all([1, 2, 3].map(async (i) => [`train2017/00${i}.jpg`, await jpeg(gradient(height, width, i))] as const)),
);
const categories = [
  { id: 18, name: 'dog' },
  { id: 1, name: 'person' },
];
const images = [1, 2, 3].map((i) => ({ id: i, file_name: `00${i}.jpg`, height, width }));
const coco = (annotations: object[], more: object = {}) => JSON.stringify({ info: {}, images, annotations, categories, ...more });
const path = 'annotations/instances_train2017.json';

test('an image with several categories makes sets of all; shapes make masks', async () => {
  const { report, dataset } = await packUpload(
    await buildZip({
      ...files,
      [path]: coco([
        { image_id: 1, category_id: 1, area: 4, segmentation: [[0, 0, 2, 0, 2, 2, 0, 2]] },
        { image_id: 1, category_id: 18, area: 24, segmentation: [[0, 0, 6, 0, 6, 4, 0, 4]] },
        { image_id: 2, category_id: 18, iscrowd: 1, area: 2, segmentation: { size: [height, width], counts: [1, 2, 21] } },
      ]),
    }),
  );
  assert.deepEqual([report.format, report.labels], ['coco', ['classes', 'mask']]);
  assert.deepEqual(report.classNames, ['dog', 'person']);
  assert.deepEqual(report.splits, { train: { examples: 3, labelled: 3, classes: { dog: 2, person: 1 } } });
  assert.deepEqual(
    report.maskClasses?.map(({ name }) => name),
    ['background', 'dog', 'person'],
  );
  const { labelSets, masks } = dataset.split('train');
  assert.deepEqual(
    [0, 1, 2].map((i) => [...labelSets!(i)]),
    [[0, 1], [0], []],
  );
  const out = new Uint8Array(2 * 24);
  await masks!.read([0, 1], out, { height, width });
  assert.deepEqual([...out.subarray(0, 12)], [2, 2, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1]);
  assert.deepEqual(
    [...out.subarray(24)].flatMap((label, i) => (label === 1 ? i : [])),
    [6, 12],
  );
});

test('where every image has one category, that is its label', async () => {
  const annotations = [
    { image_id: 1, category_id: 18 },
    { image_id: 2, category_id: 1 },
    { image_id: 2, category_id: 1 },
  ];
  const { report, dataset } = await packUpload(await buildZip({ ...files, [path]: coco(annotations) }));
  assert.deepEqual(report.labels, ['class']);
  assert.deepEqual([...dataset.split('train').labels], [0, 1, -1]);
});

test('one file of annotations in the folder of each split', async () => {
  const image = await png(gradient(height, width));
  const one = coco([{ image_id: 1, category_id: 1 }], { images: images.slice(0, 1) });
  const { report } = await packUpload(
    await buildTar({
      'train/_annotations.coco.json': one,
      'train/001.jpg': image,
      'valid/_annotations.coco.json': one,
      'valid/001.jpg': image,
    }),
  );
  assert.deepEqual(
    Object.entries(report.splits).map(([split, { examples, labelled }]) => [split, examples, labelled]),
    [
      ['train', 1, 1],
      ['val', 1, 1],
    ],
  );
});

test('images that are missing, records that cannot be read, and masks of another size are reported', async () => {
  const { report } = await packUpload(
    await buildZip({
      ...files,
      [path]: coco(
        [
          { image_id: 1, category_id: 99 },
          { image_id: 2, category_id: 1, segmentation: [[0, 0, 2, 0, 2, 2]] },
          { image_id: 77, category_id: 1 },
        ],
        {
          images: [
            ...images.slice(0, 1),
            { ...images[1]!, height: 99 },
            { id: 3, file_name: '../../x.jpg', height, width },
            { id: 4 },
          ],
        },
      ),
    }),
  );
  assert.equal(report.splits.train!.examples, 1);
  assert.deepEqual(
    report.issues.filter(({ severity }) => severity === 'warning').map(({ code, path: at }) => [code, at]),
    [
      ['annotation-unreadable', path],
      ['image-missing', path],
      ['mask-size-differs', 'train2017/002.jpg'],
      ['class-without-examples', null],
      ['class-without-examples', null],
    ],
  );
});

test('annotations that are too large to be read at once are refused rather than passed over', async () => {
  const large = Buffer.concat([Buffer.from('{"info":{},"images":[],"x":"'), Buffer.alloc(129 * 2 ** 20, 'x'), Buffer.from('"}')]);
  await assert.rejects(packUpload(await buildTar({ ...files, [path]: large })), {
    code: 'dataInvalid',
    message: /^annotations\/instances_train2017\.json: It has more than 134217728 bytes/,
  });
});

test('compressed runs are read as the COCO tools write them', () => {
  // pycocotools.mask.encode of a mask of 9×9 with these runs.
  assert.deepEqual(decodeRuns('1210o01ONXO0'), [1, 2, 1, 2, 32, 3, 31, 1, 7, 1]);
  assert.equal(decodeRuns('P'), null);
  assert.equal(decodeRuns('\u00e9'), null);
});
