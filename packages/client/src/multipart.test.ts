import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMultipart } from './multipart.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

test('a standard parser reads the fields and the file back', async () => {
  const { contentType, body } = encodeMultipart({
    fields: { name: 'Ziffern "klein"', format: 'auto' },
    file: { name: 'digits "1".zip', stream: pieces('abc', '\r\n--def') },
  });
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
  assert.equal(form.get('name'), 'Ziffern "klein"');
  assert.equal(form.get('format'), 'auto');
  const file = form.get('file');
  assert.ok(file instanceof File);
  assert.equal(await file.text(), 'abc\r\n--def');
});

test('closes the source when the request is given up', async () => {
  let closed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(1024);
    } finally {
      closed = true;
    }
  }
  const { body } = encodeMultipart({ fields: {}, file: { name: 'x', stream: endless() } });
  const reader = body.getReader();
  await reader.read();
  await reader.read();
  await reader.cancel();
  assert.equal(closed, true);
});
