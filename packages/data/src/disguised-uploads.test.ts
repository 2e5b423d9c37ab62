/** Uploads that are not what their names say: what a file is, its bytes tell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildTar, buildZip } from './testkit/build-archive.ts';
import { encode, gradient, jpeg, png } from './testkit/build-image.ts';
import { createPackingPlace } from './testkit/pack-upload.ts';

const { packUpload } = await createPackingPlace();

test('an archive under the name of another kind, or of no archive at all', async () => {
  const files = { 'a/1.png': await png(gradient(4, 4)), 'b/2.png': await png(gradient(4, 4, 1)) };
  const tar = await buildTar(files);
  const disguised = {
    'x.tar': await buildZip(files),
    'x.zip': tar,
    'x.csv': tar,
    'x.png': gzipSync(tar),
    x: await buildZip(files),
  };
  for (const [fileName, upload] of Object.entries(disguised)) {
    const { report } = await packUpload(upload, { fileName });
    assert.deepEqual([report.format, report.splits['train']?.examples], ['image-folder', 2], fileName);
  }
});

test('an image under the name of another encoding is read, and what is no image is named', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/secret"/></svg>');
  const webp = await encode(gradient(4, 4, 2))
    .webp()
    .toBuffer();
  const upload = await buildZip({
    'a/png.jpg': await png(gradient(4, 4)),
    'a/jpeg.png': await jpeg(gradient(4, 4, 1)),
    'a/webp.gif': webp,
    'a/drawing.png': svg,
    'a/page.jpg': Buffer.from('<html>Not found</html>'),
  });
  const { report } = await packUpload(upload);
  assert.equal(report.splits['train']?.examples, 3);
  const refused = report.issues.filter(({ severity }) => severity === 'error' || severity === 'warning').map(({ path }) => path);
  for (const path of ['a/drawing.png', 'a/page.jpg']) assert.ok(refused.includes(path), `${path} is not named in ${refused}`);
});
