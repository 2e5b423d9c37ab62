import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { IssueLog } from '../issue-log.ts';
import { buildTar, buildTarGz, buildZip, replaceText, type SpecialEntry } from '../testkit/build-archive.ts';
import { Archive } from './archive.ts';
import { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
import { sha256OfUpload } from './upload-hash.ts';

const root = await mkdtemp(join(tmpdir(), 'scion-archive-'));
after(() => rm(root, { recursive: true, force: true }));

async function unpack(upload: Buffer, limits: Partial<ArchiveLimits> = {}, fileName = 'photos.zip') {
  const path = join(await mkdtemp(join(root, 'upload-')), 'upload');
  await writeFile(path, upload);
  return unpackPath(path, { limits, fileName, sizeBytes: upload.length });
}

async function unpackPath(
  path: string,
  upload: { limits: Partial<ArchiveLimits>; fileName: string; sizeBytes: number } = {
    limits: {},
    fileName: 'folder',
    sizeBytes: Number.POSITIVE_INFINITY,
  },
) {
  const { limits, fileName, sizeBytes } = upload;
  const folder = dirname(path);
  const issues = new IssueLog();
  const archive = await Archive.unpack({
    path,
    fileName,
    sizeBytes,
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

test('an archive of a million entries is given up at the limit, without a list of them', async () => {
  for (const [kind, many] of Object.entries({ zip: zipOfEmptyFiles(1_000_000), 'tar.gz': tarGzOfEmptyFiles(1_000_000) })) {
    const before = process.memoryUsage.rss();
    await assert.rejects(unpack(many), { code: 'archiveUnsafe', message: /more than 200000 entries/ }, kind);
    const grownBytes = process.memoryUsage.rss() - before;
    assert.ok(grownBytes < 500 * 2 ** 20, `${kind}: ${grownBytes}`);
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

test('a damaged file in a zip whose name is refused harms nobody', async () => {
  const zip = replaceText(await buildZip({ 'xx/secret': 'x'.repeat(1000), b: 'y' }), 'xx/secret', '../secret');
  const directory = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  zip.writeUInt32LE(2000, directory + 24); // Its size, as it should be once it is unpacked
  await assert.rejects(unpack(zip), { code: 'archiveUnsafe', message: /secret/ });
  await new Promise(setImmediate); // What is not caught ends the test
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

test('an archive of a kind that is not read is refused with its name and what is accepted', async () => {
  const cases: [Buffer, string][] = [
    [Buffer.from('BZh91AY'), 'photos.zip is compressed with bzip2'],
    [Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), 'photos.zip is a 7z archive'],
  ];
  for (const [upload, complaint] of cases) {
    await assert.rejects(unpack(upload), {
      code: 'formatUnknown',
      message: `${complaint}, which is not supported. Upload a zip, a tar or a tar.gz`,
    });
  }
  await assert.rejects(unpack(Buffer.alloc(0)), { code: 'dataInvalid', message: 'photos.zip is empty' });
});

test('what is no archive is its own and only file, gzipped or not', async () => {
  const { archive } = await unpack(Buffer.from('id,label\n'), {}, 'tables/../a b.csv');
  assert.deepEqual(
    archive.entries.map(({ path }) => path),
    ['a b.csv'],
  );
  await archive.close();
  const { archive: gzipped } = await unpack(gzipSync(Buffer.from('id,label\n')), {}, 'C:\\tables\\a.csv.gz');
  const [entry] = gzipped.entries;
  assert.equal(entry!.path, 'a.csv.gz');
  assert.equal((await buffer(gzipped.stream(entry!))).toString(), 'id,label\n');
  await gzipped.close();
});

test('a folder gives its files, hidden ones left out; a link in it is refused', async () => {
  const folder = await mkdtemp(join(root, 'folder-'));
  await mkdir(join(folder, 'cat/.thumbs'), { recursive: true });
  for (const name of ['cat/2.txt', 'cat/10.txt', 'cat/.DS_Store', 'cat/.thumbs/2.txt']) await writeFile(join(folder, name), name);
  const { archive } = await unpackPath(folder);
  assert.deepEqual(
    await Promise.all(archive.entries.map(async (entry) => [entry.path, Buffer.from(await archive.read(entry)).toString()])),
    [
      ['cat/10.txt', 'cat/10.txt'],
      ['cat/2.txt', 'cat/2.txt'],
    ],
  );
  await archive.close();
  const hash = await sha256OfUpload(folder);
  await writeFile(join(folder, 'cat/.DS_Store'), 'changed');
  assert.equal(await sha256OfUpload(folder), hash);
  await writeFile(join(folder, 'cat/2.txt'), 'changed');
  assert.notEqual(await sha256OfUpload(folder), hash);

  await symlink('/etc/passwd', join(folder, 'cat/3.txt'));
  await assert.rejects(unpackPath(folder), { code: 'archiveUnsafe', message: /"cat\/3.txt".*symbolic link/ });
});

test('the files of a tar inside the archive are listed without being copied', async () => {
  const shard = await buildTar({ 'b.txt': 'bee', [`${'long/'.repeat(30)}a.txt`]: 'ay', '.hidden': 'x' });
  const { archive, folder } = await unpack(await buildZip({ 'first.txt': '1', 'shard.tar': shard }));
  const [, tar] = archive.entries;
  const before = await stat(join(folder, 'spool'));
  const files = await archive.listTar(tar!);
  assert.deepEqual(await Promise.all(files.map(async (file) => Buffer.from(await archive.read(file)).toString())), ['bee', 'ay']);
  assert.deepEqual([files[0]!.path, files[1]!.path.slice(0, 15)], ['shard.tar/b.txt', 'shard.tar/long/']);
  assert.equal((await stat(join(folder, 'spool'))).size, before.size);
  await archive.close();
});

test('a tar inside the archive is held to the same rules', async () => {
  const hostile = await unpack(await buildZip({ 'shard.tar': await buildTar({ '../../evil': 'x' }) }));
  await assert.rejects(hostile.archive.listTar(hostile.archive.entries[0]!), { code: 'archiveUnsafe', message: /leads upwards/ });
  await hostile.archive.close();
  const cut = await unpack(await buildZip({ 'shard.tar': (await buildTar({ a: 'x'.repeat(5000) })).subarray(0, 3000) }));
  await assert.rejects(cut.archive.listTar(cut.archive.entries[0]!), { code: 'dataInvalid', message: /damaged or incomplete/ });
  await cut.archive.close();
  const many = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`f${i}`, 'x']));
  const limited = await unpack(await buildZip({ 'shard.tar': await buildTar(many) }), { maxEntries: 5 });
  await assert.rejects(limited.archive.listTar(limited.archive.entries[0]!), { message: /more than 5 entries/ });
  await limited.archive.close();
});

test('a zip whose central directory is bad is refused', async () => {
  const zip = await buildZip({ 'a.txt': 'hello' });
  zip.fill(0xff, zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])), zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 20);
  await assert.rejects(unpack(zip), { code: 'dataInvalid', message: /damaged or incomplete/ });
});

test('file names may hold blanks, quotes, newlines, right-to-left marks and emoji, and may differ in case only', async () => {
  const names = ['a\'b "c".txt', 'line\nbreak.txt', '\u202Etxt.exe', '🐜.txt', 'A.txt', 'a.txt'].sort();
  const { archive } = await unpack(await buildZip(Object.fromEntries(names.map((name) => [name, name]))));
  assert.deepEqual(
    await Promise.all(archive.entries.map(async (entry) => [entry.path, Buffer.from(await archive.read(entry)).toString()])),
    names.map((name) => [name, name]),
  );
  await archive.close();
});

test('what is read several times counts once against the limits', async () => {
  const { archive } = await unpack(
    await buildTar({ 'x.gz': gzipSync(Buffer.alloc(6 << 20)), 'shard.tar': await buildTar({ a: 'x', b: 'x' }) }),
    { maxEntries: 4, maxRatio: 1000, maxUnpackedBytes: 7 << 20 },
  );
  const [shard, zipped] = archive.entries;
  for (let time = 0; time < 3; time++) {
    assert.equal((await buffer(archive.stream(zipped!))).length, 6 << 20);
    assert.equal((await archive.listTar(shard!)).length, 2);
  }
  await archive.close();
});

test('a zip inside the archive is unpacked under the same rules', async () => {
  const inner = await buildZip({ 'b.txt': 'bee', 'a.txt': 'ay', 'x/empty': '' });
  const { archive } = await unpack(await buildTar({ 'first.txt': '1', 'inner.zip': inner }));
  const files = await archive.listZip(archive.entries[1]!);
  assert.deepEqual(await Promise.all(files.map(async (file) => [file.path, Buffer.from(await archive.read(file)).toString()])), [
    ['inner.zip/a.txt', 'ay'],
    ['inner.zip/b.txt', 'bee'],
    ['inner.zip/x/empty', ''],
  ]);
  await archive.close();

  const zeros = { bomb: Buffer.alloc(12 << 20) };
  const traversal = replaceText(await buildZip({ 'up/up/evil': 'x' }), 'up/up/evil', '../../evil');
  const hostile: [Buffer, object][] = [
    [traversal, { code: 'archiveUnsafe', message: /leads upwards/ }],
    [await buildZip(zeros), { code: 'archiveUnsafe', message: /100 times its size/ }],
    [inner.subarray(0, -30), { code: 'dataInvalid', message: /damaged or incomplete/ }],
  ];
  for (const [bytes, refusal] of hostile) {
    const { archive: outer } = await unpack(await buildTar({ 'inner.zip': bytes }));
    await assert.rejects(outer.listZip(outer.entries[0]!), refusal);
    await outer.close();
  }
});

/** A zip of empty files called 0000000, 0000001, …: each in 37 bytes, and in 53 of the central directory. */
function zipOfEmptyFiles(count: number): Buffer {
  const [nameBytes, localBytes, centralBytes] = [7, 30 + 7, 46 + 7];
  const zip = Buffer.alloc(count * (localBytes + centralBytes) + 56 + 20 + 22);
  const directory = count * localBytes;
  for (let i = 0; i < count; i++) {
    const name = String(i).padStart(nameBytes, '0');
    const local = zip.subarray(i * localBytes);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(nameBytes, 26);
    local.write(name, 30, 'latin1');
    const central = zip.subarray(directory + i * centralBytes);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(nameBytes, 28);
    central.writeUInt32LE(i * localBytes, 42);
    central.write(name, 46, 'latin1');
  }
  // More than 65,535 entries are counted in the end record of zip64 only.
  const end64 = directory + count * centralBytes;
  zip.writeUInt32LE(0x06064b50, end64);
  zip.writeBigUInt64LE(44n, end64 + 4);
  for (const at of [24, 32]) zip.writeBigUInt64LE(BigInt(count), end64 + at);
  zip.writeBigUInt64LE(BigInt(count * centralBytes), end64 + 40);
  zip.writeBigUInt64LE(BigInt(directory), end64 + 48);
  zip.writeUInt32LE(0x07064b50, end64 + 56);
  zip.writeBigUInt64LE(BigInt(end64), end64 + 64);
  zip.writeUInt32LE(1, end64 + 72);
  zip.writeUInt32LE(0x06054b50, end64 + 76);
  for (const at of [84, 86]) zip.writeUInt16LE(0xffff, end64 + at);
  for (const at of [88, 92]) zip.writeUInt32LE(0xffffffff, end64 + at);
  return zip;
}

/** The header of one empty file, again and again: which entries there are makes no difference to how many there are. */
function tarGzOfEmptyFiles(count: number): Buffer {
  const header = Buffer.alloc(512);
  header.write('x', 0);
  for (const [text, at] of [
    ['0000644', 100],
    ['0000000', 108],
    ['0000000', 116],
    ['00000000000', 124],
    ['00000000000', 136],
  ] as const) {
    header.write(`${text}\0`, at);
  }
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return gzipSync(Buffer.alloc(512 * count, header), { level: 1 });
}
