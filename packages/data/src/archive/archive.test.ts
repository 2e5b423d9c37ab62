import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { IssueLog } from '../issue-log.ts';
import { buildTar, buildTarGz, buildZip, replaceText, type SpecialEntry } from '../testkit/build-archive.ts';
import { Archive } from './archive.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-archive-'));
after(() => rm(root, { recursive: true, force: true }));

async function unpack(upload: Buffer, limits: Partial<ArchiveLimits> = {}) {
  const folder = await mkdtemp(join(root, 'upload-'));
  const path = join(folder, 'upload');
  await writeFile(path, upload);
  const issues = new IssueLog();
  const archive = await Archive.unpack({
    path,
    fileName: 'photos.zip',
    sizeBytes: upload.length,
    spoolPath: join(folder, 'spool'),
    limits: { ...defaultArchiveLimits, ...limits },
    issues,
  });
  return { archive, folder, issues: issues.all() };
}

const files = { 'b/2.txt': 'two', 'b/10.txt': 'ten', a: 'x'.repeat(100_000), 'b/empty': '' };
const packers = { tar: buildTar, 'tar.gz': buildTarGz, zip: buildZip } as const;

for (const [kind, build] of Object.entries(packers)) {
  test(`a ${kind} gives its files sorted by path, whatever their order in it`, async () => {
    const { archive, folder } = await unpack(await build(files));
    assert.deepEqual(
      archive.entries.map(({ path, sizeBytes }) => [path, sizeBytes]),
      [
        ['a', 100_000],
        ['b/10.txt', 3],
        ['b/2.txt', 3],
        ['b/empty', 0],
      ],
    );
    for (const entry of archive.entries) {
      const expected = files[entry.path as keyof typeof files];
      assert.equal(Buffer.from(await archive.read(entry)).toString(), expected);
      assert.equal((await buffer(archive.stream(entry))).toString(), expected);
    }
    await archive.close();
    assert.deepEqual(await readdir(folder), ['upload'], 'nothing else is left on the disk');
  });

  test(`what desktops leave in a ${kind} is passed over`, async () => {
    const clutter = { '__MACOSX/b/._2.txt': 'x', '.DS_Store': 'x', 'b/Thumbs.db': 'x', '.git/config': 'x', './b/2.txt': 'two' };
    const { archive } = await unpack(await build(clutter));
    assert.deepEqual(
      archive.entries.map(({ path }) => path),
      ['b/2.txt'],
    );
    await archive.close();
  });

  test(`a ${kind} that was cut short is refused`, async () => {
    const whole = await build({ a: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251)) });
    await assert.rejects(unpack(whole.subarray(0, whole.length >> 1)), { code: 'dataInvalid', message: /damaged or incomplete/ });
  });
}

const hostileNames = ['../../evil', '/etc/passwd', 'a/../../../evil', '..\\..\\evil', 'C:/evil', 'C:\\evil'];
for (const name of hostileNames) {
  test(`an entry named ${name} is refused by name, in a tar and in a zip`, async () => {
    const placeholder = 'x'.repeat(name.length);
    const refusal = { code: 'archiveUnsafe', message: /is not allowed: its path (is absolute|leads upwards)/ };
    await assert.rejects(unpack(await buildTar({ ok: 'ok', [name]: 'evil' })), refusal);
    const zip = await buildZip({ ok: 'ok', [placeholder]: 'evil' });
    await assert.rejects(unpack(replaceText(zip, placeholder, name)), refusal);
  });
}

const specialEntries: SpecialEntry[] = [
  { name: 'shadow', type: 'symlink', linkname: '/etc/shadow' },
  { name: 'shadow', type: 'link', linkname: '/etc/shadow' },
  { name: 'shadow', type: 'character-device' },
  { name: 'shadow', type: 'block-device' },
  { name: 'shadow', type: 'fifo' },
];
for (const special of specialEntries) {
  test(`a ${special.type} in a tar is refused by name`, async () => {
    await assert.rejects(unpack(await buildTarGz({ ok: 'ok' }, [special])), {
      code: 'archiveUnsafe',
      message: /^The entry "shadow" is not allowed: it is a (symbolic link|hard link|device|named pipe)$/,
    });
  });
}

test('a symbolic link or a device in a zip is refused by name, a folder is not', async () => {
  const build = (mode: number) => buildZip({ ok: 'ok', shadow: '/etc/shadow' }, { shadow: mode });
  await assert.rejects(unpack(await build(0o120777)), { code: 'archiveUnsafe', message: /"shadow".*symbolic link/ });
  await assert.rejects(unpack(await build(0o020644)), {
    code: 'archiveUnsafe',
    message: /"shadow".*neither a file nor a folder/,
  });
  const { archive } = await unpack(await buildTar({ ok: 'ok' }, [{ name: 'folder/', type: 'directory' }]));
  assert.deepEqual(
    archive.entries.map(({ path }) => path),
    ['ok'],
  );
  await archive.close();
});

test('limits hold for entries, for unpacked bytes and for the ratio to the upload', async () => {
  const many = await buildZip(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`f${i}`, 'x'])));
  await assert.rejects(unpack(many, { maxEntries: 5 }), { code: 'archiveUnsafe', message: /more than 5 entries/ });
  await assert.rejects(unpack(many, { maxUnpackedBytes: 5 }), { code: 'archiveUnsafe', message: /more than 5 bytes/ });
  const { archive } = await unpack(many, { maxEntries: 6, maxUnpackedBytes: 6 });
  await archive.close();

  const zeros = { bomb: Buffer.alloc(12 * 2 ** 20) };
  for (const bomb of [await buildTarGz(zeros), await buildZip(zeros)]) {
    await assert.rejects(unpack(bomb), { code: 'archiveUnsafe', message: /"bomb".*100 times its size/ });
  }
});

test('a gzip file inside the archive counts, too', async () => {
  const { archive } = await unpack(await buildTar({ 'bomb.gz': gzipSync(Buffer.alloc(12 * 2 ** 20)) }));
  const [bomb] = archive.entries;
  await assert.rejects(buffer(archive.stream(bomb!)), { code: 'archiveUnsafe', message: /"bomb.gz"/ });
  await archive.close();
});

test('a gzip file inside the archive that is damaged is named', async () => {
  const { archive } = await unpack(await buildTar({ 'x.gz': gzipSync(Buffer.from('hello')).subarray(0, 15) }));
  const [damaged] = archive.entries;
  await assert.rejects(buffer(archive.stream(damaged!)), { code: 'dataInvalid', message: /^x\.gz cannot be unzipped/ });
  await archive.close();
});

test('an encrypted zip is refused with what to do', async () => {
  const zip = await buildZip({ 'secret.png': 'x' });
  zip.writeUInt16LE(zip.readUInt16LE(6) | 1, 6);
  const central = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  zip.writeUInt16LE(zip.readUInt16LE(central + 8) | 1, central + 8);
  await assert.rejects(unpack(zip), { code: 'dataInvalid', message: /"secret.png" is encrypted.*without a password/ });
});

test('a file in a zip whose checksum differs is refused by name', async () => {
  const zip = await buildZip({ 'a.bin': 'hello' });
  zip.writeUInt32LE(1, zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16);
  await assert.rejects(unpack(zip), { code: 'dataInvalid', message: /damaged or incomplete: the checksum of "a\.bin" differs/ });
});

test('a path that stands in an archive twice is reported, and its last content counts', async () => {
  const twice = Buffer.concat([(await buildTar({ a: 'old' })).subarray(0, 1024), await buildTar({ a: 'new' })]);
  const { archive, issues } = await unpack(twice);
  assert.deepEqual(await Promise.all(archive.entries.map(async (entry) => Buffer.from(await archive.read(entry)).toString())), [
    'new',
  ]);
  assert.deepEqual(
    issues.map(({ code, path }) => [code, path]),
    [['duplicate-path', 'a']],
  );
  await archive.close();
});

test('anything but zip, tar and tar.gz is refused with its name and what is accepted', async () => {
  const accepted = 'Upload a zip, a tar or a tar\\.gz';
  const cases: [Buffer, string][] = [
    [Buffer.from('BZh91AY'), 'photos.zip is compressed with bzip2, which is not supported'],
    [Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), 'photos.zip is a 7z archive, which is not supported'],
    [gzipSync(Buffer.from('just text')), 'photos.zip is a gzip file with no tar inside'],
    [Buffer.from('id,label\n1,cat\n'), 'photos.zip is not an archive'],
  ];
  for (const [upload, complaint] of cases) {
    await assert.rejects(unpack(upload), { code: 'formatUnknown', message: new RegExp(`^${complaint}. ${accepted}$`) });
  }
  await assert.rejects(unpack(Buffer.alloc(0)), { code: 'dataInvalid', message: 'photos.zip is empty' });
});
