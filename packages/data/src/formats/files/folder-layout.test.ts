import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageFiles } from './file-kinds.ts';
import { layOut } from './folder-layout.ts';

function layOutPaths(...paths: string[]) {
  const { files: images, stray } = layOut(
    paths.sort().map((path) => ({ path, sizeBytes: 1, offset: 0 })),
    imageFiles,
  );
  return {
    images: images.map(({ entry, split, className }) => `${entry.path} -> ${split}/${className ?? '?'}`),
    stray: stray.map(({ path }) => path),
  };
}

test('split folders with class folders', () => {
  assert.deepEqual(layOutPaths('train/cat/1.jpg', 'train/dog/1.png', 'test/cat/2.webp').images, [
    'train/cat/1.jpg -> train/cat',
    'train/dog/1.png -> train/dog',
    'test/cat/2.webp -> test/cat',
  ]);
});

test('val has three names, in any letter case', () => {
  for (const name of ['val', 'valid', 'validation', 'Val', 'VALIDATION']) {
    assert.deepEqual(layOutPaths('train/a/1.jpg', `${name}/a/2.jpg`).images, [
      'train/a/1.jpg -> train/a',
      `${name}/a/2.jpg -> val/a`,
    ]);
  }
});

test('class folders at the top are the split train', () => {
  assert.deepEqual(layOutPaths('cat/1.jpg', 'dog/1.jpg').images, ['cat/1.jpg -> train/cat', 'dog/1.jpg -> train/dog']);
});

test('one folder around everything is looked through, whatever documents stand beside it', () => {
  assert.deepEqual(layOutPaths('data/train/cat/1.jpg', 'data/val/cat/2.jpg', 'README').images, [
    'data/train/cat/1.jpg -> train/cat',
    'data/val/cat/2.jpg -> val/cat',
  ]);
  assert.deepEqual(layOutPaths('data/cat/1.jpg', 'data/dog/1.jpg').images, [
    'data/cat/1.jpg -> train/cat',
    'data/dog/1.jpg -> train/dog',
  ]);
});

test('images without class folders are unlabelled', () => {
  assert.deepEqual(layOutPaths('1.jpg', '2.jpg').images, ['1.jpg -> train/?', '2.jpg -> train/?']);
  assert.deepEqual(layOutPaths('photos/1.jpg', 'photos/2.jpg').images, ['photos/1.jpg -> train/?', 'photos/2.jpg -> train/?']);
  assert.deepEqual(layOutPaths('train/1.jpg', 'test/2.jpg').images, ['train/1.jpg -> train/?', 'test/2.jpg -> test/?']);
});

test('labelled and unlabelled images may stand side by side', () => {
  assert.deepEqual(layOutPaths('train/1.jpg', 'train/cat/2.jpg').images, [
    'train/1.jpg -> train/?',
    'train/cat/2.jpg -> train/cat',
  ]);
});

test('deeper folders belong to their class', () => {
  assert.deepEqual(layOutPaths('cat/persian/1.jpg', 'dog/1.jpg').images, [
    'cat/persian/1.jpg -> train/cat',
    'dog/1.jpg -> train/dog',
  ]);
});

test('an unlabelled split has no classes, whatever its folders are called', () => {
  assert.deepEqual(layOutPaths('train/cat/1.jpg', 'unlabeled/part1/2.jpg', 'unlabeled/3.jpg').images, [
    'train/cat/1.jpg -> train/cat',
    'unlabeled/3.jpg -> unlabelled/?',
    'unlabeled/part1/2.jpg -> unlabelled/?',
  ]);
});

test('a folder for unlabelled images may stand among the class folders', () => {
  assert.deepEqual(layOutPaths('cat/1.jpg', 'Unlabelled/2.jpg').images, [
    'Unlabelled/2.jpg -> train/?',
    'cat/1.jpg -> train/cat',
  ]);
});

test('images beside class folders at the top are unlabelled', () => {
  assert.deepEqual(layOutPaths('1.jpg', 'cat/2.jpg').images, ['1.jpg -> train/?', 'cat/2.jpg -> train/cat']);
});

test('a class may be called train', () => {
  assert.deepEqual(layOutPaths('plane/1.jpg', 'train/1.jpg').images, [
    'plane/1.jpg -> train/plane',
    'train/1.jpg -> train/train',
  ]);
});

test('documents are passed over, other files outside the splits are stray', () => {
  const { images, stray } = layOutPaths(
    'train/cat/1.jpg',
    'train/cat/notes.txt',
    'test/cat/1.jpg',
    'labels.csv',
    'extra/1.jpg',
    'LICENSE',
  );
  assert.deepEqual(images, ['train/cat/1.jpg -> train/cat', 'test/cat/1.jpg -> test/cat']);
  assert.deepEqual(stray, ['extra/1.jpg']);
});
