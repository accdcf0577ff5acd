import { afterEach, describe, expect, it, vi } from 'vitest';
import { SseSplitter } from '../../../src/protocol/sse/splitter.ts';
import type { SseProblem } from '../../../src/protocol/sse/types.ts';
import { utf8 } from './reading.ts';

const MIB = 1024 * 1024;

/** Writes `input` and counts what comes of it; the largest memory of buffers while it was written. */
function endure(
  input: Iterable<Uint8Array>,
  limits?: ConstructorParameters<typeof SseSplitter>[1],
): {
  events: number;
  dataBytes: number;
  comments: number;
  problems: SseProblem[];
  peakBytes: number;
} {
  const heard = {
    events: 0,
    dataBytes: 0,
    comments: 0,
    problems: [] as SseProblem[],
    peakBytes: 0,
  };
  const splitter = new SseSplitter(
    {
      onEvent: ({ data }) => {
        heard.events++;
        heard.dataBytes += data.length;
      },
      onComment: () => {
        heard.comments++;
      },
      onProblem: (problem) => {
        heard.problems.push(problem);
      },
    },
    limits,
  );
  const before = process.memoryUsage().arrayBuffers;
  for (const chunk of input) {
    splitter.write(chunk);
    heard.peakBytes = Math.max(heard.peakBytes, process.memoryUsage().arrayBuffers - before);
  }
  splitter.end();
  return heard;
}

function* repeat(chunk: Uint8Array, times: number): Generator<Uint8Array> {
  for (let count = 0; count < times; count++) yield chunk;
}

function* sequence(...parts: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const part of parts) yield* part;
}

describe('SseSplitter, hostile streams', () => {
  const chunk = new Uint8Array(MIB).fill(0x78);
  const after = [utf8('\n\ndata: after\n\n')];

  it('skips a line of 50 MiB in memory that does not grow with it', () => {
    const heard = endure(sequence([utf8('data: ')], repeat(chunk, 50), after));
    expect(heard.problems).toEqual([{ reason: 'event_too_large', offset: 0 }]);
    expect(heard).toMatchObject({ events: 1, dataBytes: 5 });
    // The buffer doubles up to the limit of 4 MiB, and what it grew out of may not be collected yet.
    expect(heard.peakBytes).toBeLessThan(24 * MIB);
  });

  it('takes a line of 50 MiB when the limit allows it', () => {
    const heard = endure(sequence([utf8('data: ')], repeat(chunk, 50), after), {
      maxEventBytes: 64 * MIB,
    });
    expect(heard.problems).toEqual([]);
    expect(heard).toMatchObject({ events: 2, dataBytes: 50 * MIB + 5 });
  });

  it('passes over a comment of 50 MiB', () => {
    const heard = endure(sequence([utf8(':')], repeat(chunk, 50), after));
    expect(heard).toMatchObject({ events: 1, comments: 1, problems: [] });
    expect(heard.peakBytes).toBeLessThan(MIB);
  });

  it('passes over a field of 50 MiB that nobody knows', () => {
    const heard = endure(sequence(repeat(chunk, 50), after));
    expect(heard.problems).toEqual([{ reason: 'event_too_large', offset: 0 }]);
    expect(heard.events).toBe(1);
    expect(heard.peakBytes).toBeLessThan(24 * MIB);
  });

  it.each(['\n', '\r', '\r\n'])('passes over a million blank lines of %j', (lineEnd) => {
    const blank = utf8(lineEnd.repeat(10_000));
    expect(endure(sequence(repeat(blank, 100), [utf8('data: after\n\n')]))).toMatchObject({
      events: 1,
      problems: [],
    });
  });

  it('skips an event of a million short lines, in little memory', () => {
    const lines = utf8('data\n'.repeat(10_000));
    const heard = endure(sequence(repeat(lines, 100), after));
    expect(heard.problems).toEqual([{ reason: 'event_too_large', offset: 0 }]);
    expect(heard.events).toBe(1);
    expect(heard.peakBytes).toBeLessThan(8 * MIB);
  });

  it('reads an event of a hundred thousand lines', () => {
    const heard = endure(sequence([utf8('data:x\n'.repeat(100_000))], [utf8('\n')]));
    expect(heard).toMatchObject({ events: 1, dataBytes: 199_999, problems: [] });
  });

  it('counts a hundred thousand comments without ever taking them for an event', () => {
    const heard = endure([utf8(': keep-alive\n'.repeat(100_000))], { maxEventBytes: 64 });
    expect(heard).toMatchObject({ events: 0, comments: 100_000, problems: [] });
  });
});

describe('SseSplitter, amount of work', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Bytes copied from one array to another while an event of `size` bytes comes in small chunks. */
  function bytesCopied(size: number, chunkBytes: number): number {
    const set = vi.spyOn(Uint8Array.prototype, 'set');
    const chunk = new Uint8Array(chunkBytes).fill(0x78);
    const splitter = new SseSplitter({ onEvent() {} });
    splitter.write(utf8('data: '));
    for (let sent = 0; sent < size; sent += chunkBytes) splitter.write(chunk);
    splitter.write(utf8('\n\n'));
    const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
    set.mockRestore();
    return copied;
  }

  it.each([16, 100, 4_096])(
    'is linear in the size of a line in chunks of %d bytes',
    (chunkBytes) => {
      for (const size of [64 * 1024, 256 * 1024, MIB]) {
        // Each byte is taken in once, and moved less than twice while the buffer doubles.
        expect(bytesCopied(size, chunkBytes)).toBeLessThan(3.5 * size);
      }
    },
  );
});
