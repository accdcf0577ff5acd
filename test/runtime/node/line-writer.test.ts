import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineWriter } from '../../../src/runtime/node/cluster/line-writer.ts';

/** A descriptor that takes what `room` says of each write. */
class FakePipe {
  readonly writes: string[] = [];
  room: (size: number) => number = (size) => size;

  readonly write = (_fd: number, bytes: Uint8Array): number => {
    const taken = this.room(bytes.length);
    if (taken === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    this.writes.push(Buffer.from(bytes.subarray(0, taken)).toString());
    return taken;
  };

  writer(): LineWriter {
    return new LineWriter(1, this.write as ConstructorParameters<typeof LineWriter>[1]);
  }
}

let pipe: FakePipe;
beforeEach(() => {
  vi.useFakeTimers();
  pipe = new FakePipe();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LineWriter', () => {
  it('writes each line by itself, also those that had to wait', () => {
    const writer = pipe.writer();
    writer.write('one\n');
    pipe.room = () => 0;
    writer.write('two\n');
    writer.write('three\n');
    expect(pipe.writes).toEqual(['one\n']);
    pipe.room = (size) => size;
    vi.advanceTimersByTime(100);
    writer.write('four\n');
    expect(pipe.writes).toEqual(['one\n', 'two\n', 'three\n', 'four\n']);
  });

  it('finishes a line that was taken in part before the next', () => {
    const writer = pipe.writer();
    let isFirst = true;
    pipe.room = (size) => {
      if (!isFirst) return size;
      isFirst = false;
      return 2;
    };
    writer.write('one\n');
    writer.write('two\n');
    vi.advanceTimersByTime(100);
    expect(pipe.writes.join('')).toBe('one\ntwo\n');
  });

  it('delivers what waits before the end, as far as somebody reads', () => {
    vi.useRealTimers();
    const writer = pipe.writer();
    pipe.room = () => 0;
    writer.write('one\n');
    let attempts = 0;
    pipe.room = (size) => (++attempts < 3 ? 0 : size);
    writer.flush();
    expect(pipe.writes).toEqual(['one\n']);
  });

  it('survives a reader that has gone, and one that never reads', () => {
    const writer = pipe.writer();
    pipe.room = () => {
      throw Object.assign(new Error('gone'), { code: 'EPIPE' });
    };
    writer.write('one\n');
    pipe.room = () => 0;
    for (let i = 0; i < 20_000; i++) writer.write('more\n');
    pipe.room = (size) => size;
    vi.advanceTimersByTime(100);
    expect(pipe.writes).toHaveLength(10_000);
  });
});
