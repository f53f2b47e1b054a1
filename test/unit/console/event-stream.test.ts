import { describe, expect, test } from 'vitest';
import { eventParser, readEvents } from '../../../src/console/event-stream.js';

describe('a stream of events', () => {
  test('gives each event with its name, its data and the last id', () => {
    const parse = eventParser();
    expect(parse('retry: 2000\n\nevent: job\ndata: {}\n\nid: 3\nevent: page\ndata: {"a":1}\n\n')).toEqual([
      { event: 'job', lastEventId: undefined, data: '{}' },
      { event: 'page', lastEventId: '3', data: '{"a":1}' },
    ]);
  });

  test('may be cut anywhere', () => {
    const text = 'id: 1\nevent: page\ndata: one\n\n: heartbeat\n\nid: end\nevent: end\ndata: two\n\n';
    const parse = eventParser();
    expect([...text].flatMap((character) => parse(character))).toEqual([
      { event: 'page', lastEventId: '1', data: 'one' },
      { event: 'end', lastEventId: 'end', data: 'two' },
    ]);
  });

  test('keeps the id of an event before where one has none', () => {
    const parse = eventParser();
    expect(parse('id: 7\ndata: a\n\ndata: b\n\n').map(({ lastEventId }) => lastEventId)).toEqual(['7', '7']);
  });

  test('joins several lines of data, and drops an event that the end cuts off', () => {
    const parse = eventParser();
    expect(parse('data: a\ndata: b\n\ndata: c\n')).toEqual([
      { event: 'message', lastEventId: undefined, data: 'a\nb' },
    ]);
  });

  test('comes in the pieces in which it was sent; one without an event is empty', async () => {
    const pieces = [': heartbeat\n\n', 'data: a\n\ndata: b\n\n'];
    const body = ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
    const events: number[] = [];
    for await (const some of readEvents(body)) events.push(some.length);
    expect(events).toEqual([0, 2]);
  });
});
