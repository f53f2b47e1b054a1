/**
 * Server-sent events read from a `fetch` (WHATWG HTML, section 9.2.6): `EventSource` cannot send the key in a header.
 */

export interface ServerEvent {
  readonly event: string;
  /** As of the last event that had one. */
  readonly lastEventId: string | undefined;
  readonly data: string;
}

/**
 * The events of each piece of the stream as it comes, so that many at once cost one redraw. A piece without one, such
 * as a heartbeat, is an empty array: a sign of life. An event that the end of the stream cuts off is dropped.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<readonly ServerEvent[]> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = eventParser();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield parse(next.value);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Takes the stream in pieces of any size and gives the events that each completes. Our server ends lines with LF. */
export function eventParser(): (piece: string) => readonly ServerEvent[] {
  let rest: string[] = [];
  let event = '';
  let data: string[] = [];
  let lastEventId: string | undefined;
  return (piece) => {
    const events: ServerEvent[] = [];
    const lines = piece.split('\n');
    const last = lines.pop() ?? '';
    for (const end of lines) {
      const line = rest.length === 0 ? end : rest.join('') + end;
      rest = [];
      if (line === '') {
        if (data.length > 0) events.push({ event: event || 'message', lastEventId, data: data.join('\n') });
        event = '';
        data = [];
        continue;
      }
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') event = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') lastEventId = value;
    }
    // Kept in parts: joined at every piece, a long line would be copied again and again.
    if (last !== '') rest.push(last);
    return events;
  };
}
