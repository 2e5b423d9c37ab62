/** A file that is sent piece by piece, for sources that are not a `Blob`. */
export type FileStream = { name: string; stream: AsyncIterable<Uint8Array> };

/**
 * A `multipart/form-data` body that streams its file, so that no size is too large for memory. `FormData` can do this with a
 * `Blob` only.
 */
export function encodeMultipart({ fields, file }: { fields: Readonly<Record<string, string>>; file: FileStream }): {
  contentType: string;
  body: ReadableStream<Uint8Array>;
} {
  const boundary = `scion-${globalThis.crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: toStream(parts({ boundary, fields, file })) };
}

async function* parts({
  boundary,
  fields,
  file,
}: {
  boundary: string;
  fields: Readonly<Record<string, string>>;
  file: FileStream;
}): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  for (const [name, value] of Object.entries(fields)) {
    yield utf8.encode(`--${boundary}\r\ncontent-disposition: form-data; name="${quote(name)}"\r\n\r\n${value}\r\n`);
  }
  yield utf8.encode(
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quote(file.name)}"\r\n` +
      'content-type: application/octet-stream\r\n\r\n',
  );
  yield* file.stream;
  yield utf8.encode(`\r\n--${boundary}--\r\n`);
}

/** The escapes that the HTML standard gives for names in a multipart header. */
function quote(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** `ReadableStream.from`, which browsers do not all have. */
function toStream(source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await source.return(undefined);
    },
  });
}
