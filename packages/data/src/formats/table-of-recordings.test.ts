import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { buildZip } from '../testkit/build-archive.ts';
import { buildWav, bytesOf, tone } from '../testkit/build-wav.ts';
import { createPackingPlace } from '../testkit/pack-upload.ts';

const { packRecordings } = await createPackingPlace();
const wav = (seed: number) => buildWav(bytesOf(tone(seed)));

test('a table beside recordings tells class, split and group of each, as ESC-50 has it', async () => {
  const { report, dataset } = await packRecordings(
    await buildZip({
      'ESC/audio/1-A-0.wav': wav(1),
      'ESC/audio/2-B-0.wav': wav(2),
      'ESC/audio/3-C-1.wav': wav(3),
      'ESC/audio/4-D-1.wav': wav(4),
      'ESC/meta/esc.csv':
        'filename,category,split,group\n1-A-0.wav,dog,train,f1\n2-B-0.wav,rain,test,f2\n3-C-1.wav,dog,train,f1\nmissing.wav,dog,train,f1\n',
    }),
  );
  assert.deepEqual([report.format, report.modality, report.classNames], ['table', 'audio', ['dog', 'rain']]);
  assert.deepEqual(
    Object.entries(report.splits).map(([split, { examples }]) => [split, examples]),
    [
      ['train', 2],
      ['test', 1],
    ],
  );
  const train = dataset.split('train');
  assert.deepEqual((await train.readSources())[1], { path: 'ESC/audio/3-C-1.wav', row: null, group: 'f1' });
  assert.deepEqual((await train.read([1]))[0]!.samples, tone(3));
  const warned = report.issues.filter(({ code }) => code === 'audio-missing' || code === 'not-in-table');
  assert.deepEqual(
    warned.map(({ code, message }) => [code, message]),
    [
      ['audio-missing', 'There is no recording "missing.wav" in the upload; left out'],
      ['not-in-table', '1 recordings of the upload are in no table; they were passed over'],
    ],
  );
});

test('recordings in Parquet, as the Hugging Face Hub stores them, and in base64', async () => {
  const rows = [1, 2].map((seed) => ({ audio: { bytes: new Uint8Array(wav(seed)), path: `${seed}.wav` }, label: seed - 1 }));
  const features = { audio: { _type: 'Audio' }, label: { _type: 'ClassLabel', names: ['no', 'yes'] } };
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 'audio', data: rows.map(({ audio }) => audio) },
      { name: 'label', data: rows.map(({ label }) => BigInt(label)) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'audio', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  const jsonl = rows.map(({ audio, label }) =>
    JSON.stringify({ sound: Buffer.from(audio.bytes).toString('base64'), label: ['no', 'yes'][label] }),
  );
  for (const [fileName, bytes] of [
    ['train.parquet', new Uint8Array(parquet)],
    ['train.jsonl', Buffer.from(jsonl.join('\n'))],
  ] as const) {
    const { report, dataset } = await packRecordings(bytes, { fileName });
    assert.deepEqual([report.modality, report.classNames, report.issues], ['audio', ['no', 'yes'], []], fileName);
    assert.deepEqual((await dataset.split('train').read([1]))[0]!.samples, tone(2), fileName);
  }
});
