/** Near duplicates among real photos, where these stand beside the repository. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { Archive } from '../archive/archive.ts';
import { defaultArchiveLimits } from '../archive/archive-limits.ts';
import { IssueLog } from '../issue-log.ts';
import { buildTar } from '../testkit/build-archive.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';
import { findSharedData } from '../testkit/shared-datasets.ts';

const shared = findSharedData();
const { root, packUpload } = await createPackingPlace();

/** The photos of ants and bees that are JPEGs, by path. */
async function readPhotos(folder: string): Promise<[string, Buffer][]> {
  const archive = await Archive.unpack({
    path: join(folder, 'hymenoptera/hymenoptera_data.zip'),
    fileName: 'hymenoptera_data.zip',
    sizeBytes: Number.POSITIVE_INFINITY,
    spoolPath: join(root, 'spool'),
    limits: defaultArchiveLimits,
    issues: new IssueLog(),
  });
  try {
    const photos = archive.entries.filter(({ path }) => path.endsWith('.jpg'));
    return await Promise.all(photos.map(async (entry) => [entry.path, Buffer.from(await archive.read(entry))] as const)).then(
      (read) => read.map(([path, bytes]) => [path.replace('hymenoptera_data/', ''), bytes]),
    );
  } finally {
    await archive.close();
  }
}

test('photos of train that stand in val once more, smaller and saved again, are found, and no others', {
  skip: !shared && 'skipped: no ../shared/data',
}, async () => {
  const photos = await readPhotos(shared!);
  const again = photos.filter(([path], i) => path.startsWith('train/') && i % 12 === 0);
  assert.ok(again.length >= 15);
  const saved = await Promise.all(
    again.map(async ([path, photo], i) => {
      const { width = 0 } = await sharp(photo).metadata();
      const smaller = sharp(photo).resize({ width: Math.round(width * (0.9 - 0.03 * (i % 10))) });
      return [
        path.replace('train/', 'val/').replace('.jpg', '-again.jpg'),
        await smaller.jpeg({ quality: 70 }).toBuffer(),
      ] as const;
    }),
  );
  const { report } = await packUpload(await buildTar(Object.fromEntries([...photos, ...saved])));
  assert.deepEqual(report.statistics?.duplicates, { exact: 0, near: saved.length, acrossSplits: saved.length });
  const found = report.issues.filter(({ code }) => code === 'near-duplicate-across-splits');
  assert.deepEqual(found.map(({ path }) => path).sort(), saved.map(([path]) => path).sort());
  for (const { path, message } of found) {
    assert.ok(message.includes(path!.replace('val/', 'train/').replace('-again.jpg', '.jpg')), message);
  }
});
