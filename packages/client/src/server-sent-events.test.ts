import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerSentEvents, type ServerSentEvent } from './server-sent-events.ts';

async function parse(...pieces: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const utf8 = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === 'string' ? utf8.encode(piece) : piece);
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const event of parseServerSentEvents(body)) events.push(event);
  return events;
}

test('reads type, id and data of each event', async () => {
  assert.deepEqual(await parse('id: 1\nevent: a\ndata: one\n\ndata: two\n\n'), [
    { event: 'a', data: 'one', id: '1' },
    { event: 'message', data: 'two', id: '1' },
  ]);
});

test('joins several data lines and drops comments', async () => {
  assert.deepEqual(await parse(': heartbeat\n\ndata: one\n: note\ndata:two\n\n'), [
    { event: 'message', data: 'one\ntwo', id: null },
  ]);
});

test('reads the same events wherever the stream is cut, with every kind of line break', async () => {
  const text = 'id: é7\r\nevent: a\r\ndata: grüße\r\n\r\ndata: two\n\ndata: three\r\r';
  const bytes = new TextEncoder().encode(text);
  const whole = await parse(bytes);
  assert.deepEqual(
    whole.map((event) => event.data),
    ['grüße', 'two', 'three'],
  );
  for (let cut = 1; cut < bytes.length; cut++) {
    assert.deepEqual(await parse(bytes.subarray(0, cut), bytes.subarray(cut)), whole, `cut at byte ${cut}`);
  }
});

test('drops an event that the end of the body cut off', async () => {
  assert.deepEqual(await parse('data: one\n\ndata: tw'), [{ event: 'message', data: 'one', id: null }]);
});

test('lets go of the body when the reader stops early', async () => {
  let resolve = () => {};
  const cancelled = new Promise<void>((done) => {
    resolve = done;
  });
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: one\n\n')),
    cancel: () => resolve(),
  });
  for await (const event of parseServerSentEvents(body)) {
    assert.equal(event.data, 'one');
    break;
  }
  await cancelled;
});
