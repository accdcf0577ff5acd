import { describe, expect, it } from 'vitest';
import { SseEventStream } from '../../../src/protocol/sse/stream.ts';
import type { SseEvent, SseProblem } from '../../../src/protocol/sse/types.ts';
import { utf8 } from './reading.ts';

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(stream: ReadableStream<SseEvent>): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const text = ({ data }: SseEvent): string => new TextDecoder().decode(data);

describe('SseEventStream', () => {
  it('gives the events of a stream, each with data of its own', async () => {
    const chunks = ['data: a\n\nda', 'ta: b\n', 'data: c\n\nevent: x\ndata: d\n\n'].map(utf8);
    const events = await collect(streamOf(chunks).pipeThrough(new SseEventStream()));
    for (const chunk of chunks) chunk.fill(0x21);
    expect(events.map(text)).toEqual(['a', 'b\nc', 'd']);
    expect(events.map(({ type }) => type)).toEqual(['message', 'message', 'x']);
  });

  it('gives an event before the chunk after it is there', async () => {
    const { readable, writable } = new SseEventStream();
    const reader = readable.getReader();
    const writer = writable.getWriter();
    const written = writer.write(utf8('data: first\n\ndata: sec'));
    const first = await reader.read();
    expect(first.value && text(first.value)).toBe('first');
    await written;
    const closed = writer.close();
    expect((await reader.read()).done).toBe(true);
    await closed;
  });

  it('goes on after an event above the limit, and tells of it and of the unfinished one', async () => {
    const problems: SseProblem[] = [];
    const comments: string[] = [];
    const stream = new SseEventStream({
      limits: { maxEventBytes: 10 },
      onProblem: (problem) => problems.push(problem),
      onComment: (comment) => comments.push(comment),
    });
    const chunks = ['data: too much\n\n:hi\ndata: ok\n\ndata'].map(utf8);
    expect((await collect(streamOf(chunks).pipeThrough(stream))).map(text)).toEqual(['ok']);
    expect(problems).toEqual([
      { reason: 'event_too_large', offset: 0 },
      { reason: 'unfinished_event', offset: 30 },
    ]);
    expect(comments).toEqual(['hi']);
  });

  it('passes the failure of its source on', async () => {
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('broke off'));
      },
    });
    await expect(collect(source.pipeThrough(new SseEventStream()))).rejects.toThrow('broke off');
  });

  it('refuses limits that limit nothing', () => {
    expect(() => new SseEventStream({ limits: { maxEventBytes: 0 } })).toThrow(RangeError);
  });
});
