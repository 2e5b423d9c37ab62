import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTar } from '../testkit/build-archive.ts';
import { gradient, jpeg } from '../testkit/build-image.ts';
import { buildIndexPng } from '../testkit/build-png.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

function annotation(...names: string[]): string {
  const part = '<part><name>head</name></part>';
  const objects = names.map((name) => `<object><name>${name}</name>${part}<bndbox><xmin>1</xmin></bndbox></object>`);
  return `<annotation><filename>x.jpg</filename><source><name>VOC</name></source>${objects.join('')}</annotation>`;
}

const at = (path: string) => `VOCdevkit/VOC2012/${path}`;
const images = Object.fromEntries(
  await Promise.all([1, 2, 3, 4].map(async (i) => [at(`JPEGImages/2007_${i}.jpg`), await jpeg(gradient(4, 5, i))] as const)),
);
const lists = {
  [at('ImageSets/Main/train.txt')]: '2007_1\n2007_2\n',
  [at('ImageSets/Main/val.txt')]: '2007_3\n',
  [at('ImageSets/Main/dog_train.txt')]: '2007_1  1\n2007_2 -1\n',
};

test('objects make sets of classes, and lists make splits', async () => {
  const { report, dataset } = await packUpload(
    await buildTar({
      ...images,
      ...lists,
      [at('Annotations/2007_1.xml')]: annotation('dog', 'person', 'dog'),
      [at('Annotations/2007_2.xml')]: annotation('cat'),
      [at('Annotations/2007_3.xml')]: annotation('person'),
    }),
  );
  assert.deepEqual([report.format, report.labels, report.classNames], ['voc', ['classes'], ['cat', 'dog', 'person']]);
  assert.deepEqual(report.splits, {
    train: { examples: 2, labelled: 2, classes: { cat: 1, dog: 1, person: 1 } },
    val: { examples: 1, labelled: 1, classes: { cat: 0, dog: 0, person: 1 } },
  });
  assert.deepEqual(
    report.issues.map(({ code }) => code).filter((code) => code === 'not-in-list'),
    ['not-in-list'],
  );
  const { labelSets, labels } = dataset.split('train');
  assert.deepEqual([[...labelSets!(0)], [...labelSets!(1)], [...labels]], [[1, 2], [0], [-1, -1]]);
});

test('where every image shows one class, that is its label', async () => {
  const { report, dataset } = await packUpload(
    await buildTar({
      ...images,
      ...lists,
      [at('Annotations/2007_1.xml')]: annotation('dog', 'dog'),
      [at('Annotations/2007_3.xml')]: annotation('cat'),
    }),
  );
  assert.deepEqual([report.labels, report.classNames], [['class'], ['cat', 'dog']]);
  assert.deepEqual([...dataset.split('train').labels], [1, -1]);
});

test('the masks of palettes give the classes of VOC', async () => {
  const values = Uint8Array.from({ length: 20 }, (_, i) => [0, 12, 15, 255][i % 4]!);
  const { report, dataset } = await packUpload(
    await buildTar({
      ...images,
      [at('ImageSets/Segmentation/train.txt')]: '2007_1\n',
      [at('ImageSets/Main/val.txt')]: '2007_1\n2007_2\n',
      [at('Annotations/2007_1.xml')]: annotation('dog', 'person'),
      [at('SegmentationClass/2007_1.png')]: buildIndexPng(4, 5, values),
    }),
  );
  assert.deepEqual(report.labels, ['classes', 'mask']);
  assert.deepEqual(Object.keys(report.splits), ['train', 'val']);
  assert.equal(report.maskClasses?.length, 21);
  assert.deepEqual(report.maskClasses?.[12], { value: 12, name: 'dog' });
  const out = new Uint8Array(20);
  await dataset.split('train').masks!.read([0], out, { height: 4, width: 5 });
  assert.deepEqual(out, values);
  await dataset.split('val').masks!.read([0], out, { height: 4, width: 5 });
  assert.ok(out.every((label) => label === 255));
});

test('an annotation that is no XML, or wants entities, leaves its image unlabelled', async () => {
  const bomb = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(1000)}">]><annotation><object><name>&b;&b;</name></object></annotation>`;
  const { report } = await packUpload(
    await buildTar({
      ...images,
      [at('Annotations/2007_1.xml')]: annotation('dog'),
      [at('Annotations/2007_2.xml')]: '<annotation><object><name>cat</object>',
      [at('Annotations/2007_3.xml')]: bomb,
    }),
  );
  assert.deepEqual(report.splits.train, { examples: 4, labelled: 1, classes: { dog: 1 } });
  assert.deepEqual(
    report.issues.filter(({ code }) => code === 'label-unreadable').map(({ path }) => path),
    [at('Annotations/2007_2.xml'), at('Annotations/2007_3.xml')],
  );
});
