import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInPlaces } from './import-places.ts';
import { parseS3Url } from './s3-location.ts';

test('an S3 URL names a bucket and a key', () => {
  assert.deepEqual(parseS3Url('s3://bucket/some/folder/a%20b.zip'), { bucket: 'bucket', key: 'some/folder/a b.zip' });
  assert.deepEqual(parseS3Url('s3://bucket'), { bucket: 'bucket', key: '' });
  const refused = [
    'https://bucket/key',
    's3://',
    's3://B/key',
    's3://user@bucket/key',
    's3://bucket/key?x=1',
    's3://bucket/%ff',
    'bucket/key',
  ];
  for (const url of refused) assert.equal(parseS3Url(url), null, url);
});

test('a key that leads upwards is refused, or read as where it leads', () => {
  assert.equal(parseS3Url('s3://bucket/a/..%2Fb'), null);
  assert.equal(parseS3Url('s3://bucket/a%2F.%2Fb'), null);
  assert.deepEqual(parseS3Url('s3://bucket/a/../b'), { bucket: 'bucket', key: 'b' });
});

test('an object is in a place if it stands in its bucket, and below its prefix', () => {
  const places = ['open', 'shared/data sets/a'];
  for (const [url, expected] of [
    ['s3://open/anything', true],
    ['s3://shared/data%20sets/a/b.zip', true],
    ['s3://shared/data%20sets/ab.zip', false],
    ['s3://shared/other', false],
    ['s3://closed/anything', false],
  ] as const) {
    const location = parseS3Url(url);
    assert.equal(location && isInPlaces(location, places), expected, url);
  }
  assert.equal(isInPlaces({ bucket: 'open', key: 'x' }, []), false);
});
