/** A multipart body written out by hand, for forms that no client library would send. */
export function multipartBody(parts: readonly { name: string; fileName?: string; value: string | Buffer }[], { cut = 0 } = {}) {
  const boundary = 'test-boundary';
  const pieces = parts.flatMap(({ name, fileName, value }) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}\r\n\r\n`,
    ),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { body: body.subarray(0, body.length - cut), contentType: `multipart/form-data; boundary=${boundary}` };
}
