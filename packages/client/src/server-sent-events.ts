export type ServerSentEvent = {
  /** The type; `message` where the server names none. */
  event: string;
  data: string;
  /** The last id that the stream gave, also when this event had none of its own. */
  id: string | null;
};

/** Parses a `text/event-stream` body. Comments (heartbeats) are dropped; an event cut off by the end of the body is too. */
export async function* parseServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | null = null;
  let event = '';
  let data: string[] = [];
  for await (const line of readLines(body)) {
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n'), id };
      event = '';
      data = [];
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id') id = value;
  }
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const utf8 = new TextDecoder();
  let rest = '';
  try {
    for (let ended = false; !ended; ) {
      const { done, value } = await reader.read();
      ended = done;
      rest += utf8.decode(value, { stream: !done });
      // A carriage return at the end of a piece may be the first half of a line break, so it waits for the next piece.
      const complete = rest.endsWith('\r') && !done ? rest.slice(0, -1) : rest;
      const lines = complete.split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? '') + rest.slice(complete.length);
      yield* lines;
    }
  } finally {
    // Also reached when the consumer stops early: lets go of the connection.
    await reader.cancel().catch(() => undefined);
  }
}
