import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublicAddress, lookupAllowed } from './public-address.ts';

test('tells addresses of the public internet from all others', () => {
  for (const address of ['8.8.8.8', '1.1.1.1', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111']) {
    assert.equal(isPublicAddress(address), true, address);
  }
  const others = [
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      'fc00::1',
      'ff02::1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
    ],
    ...['localhost', '', '1.2.3', '127.1'],
  ];
  for (const address of others) assert.equal(isPublicAddress(address), false, address);
});

test('a name that resolves to a private address is not looked up for a socket', async () => {
  for (const all of [true, false]) {
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      lookupAllowed(isPublicAddress)('localhost', { all }, (failure) => resolve(failure));
    });
    assert.equal(error?.code, 'sourceForbidden');
  }
});
